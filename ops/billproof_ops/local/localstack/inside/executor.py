"""LocalStack's own interface to where functions run, over child processes instead of containers."""

import os
import tempfile
import threading
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult, LayerVersion
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from billproof_ops.local.localstack.inside.function_process import FunctionProcess, Launch
from billproof_ops.local.localstack.inside.runtime_api import InitError, Invocation

INTERPRETER = "BILLPROOF_FUNCTIONS_PYTHON"
"""Names the interpreter of the functions, whose environment holds what the layers hold on AWS."""

_unzipping = threading.Lock()


class ProcessExecutor(RuntimeExecutor):
    """Runs one version of a function; LocalStack hands it one invocation at a time."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 - LocalStack's name
        super().__init__(id, function_version)
        with tempfile.NamedTemporaryFile(prefix=f"{function_version.id.function_name}-", delete=False) as log:
            self._log = Path(log.name)
        self._variables: dict[str, str] = {}
        self._process: FunctionProcess | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        """Start the process with LocalStack's variables: region, credentials, endpoint, the function's own."""
        self._variables = {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            **{name: str(value) for name, value in env_vars.items()},
            "TZ": "UTC",
        }
        self._launch()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Hand an invocation over; a process that died since the last one is started anew, as AWS does."""
        process = self._process
        if process is None or not process.is_alive:
            process = self._launch()
        invocation = Invocation(
            id=payload["invoke-id"],
            function_arn=payload["invoked-function-arn"],
            payload=payload["payload"].encode() or b"{}",
            trace_id=payload.get("trace-id") or "",
            timeout_seconds=self.function_version.config.timeout,
        )
        outcome, logs = process.invoke(invocation)
        return InvocationResult(request_id=invocation.id, payload=outcome.payload, is_error=outcome.is_error, logs=logs)

    def get_logs(self) -> str:
        """Return all that the function wrote."""
        return self._log.read_text("utf-8", "replace")

    def get_address(self) -> str:
        """Return where the function runs."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return where the function finds LocalStack."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return nothing: the Runtime API is served beside each process."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code before the first call."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Keep the unpacked code until LocalStack ends: another version may share it."""

    def _launch(self) -> FunctionProcess:
        config = self.function_version.config
        if self._process is not None:
            self._process.stop()
        try:
            self._process = FunctionProcess(
                Launch(
                    interpreter=os.environ[INTERPRETER],
                    handler=config.handler,
                    code=Path(config.code.get_unzipped_code_location()),
                    layers=tuple(_unpacked(layer) for layer in config.layers or ()),
                    variables={
                        **self._variables,
                        "LAMBDA_TASK_ROOT": str(config.code.get_unzipped_code_location()),
                        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}",
                    },
                    log=self._log,
                )
            )
        except InitError as error:
            message = "the function's process did not start"
            raise StatusErrorException(message, payload=error.payload) from error
        return self._process


def _unpacked(layer: LayerVersion) -> Path:
    """Return the folder of a layer's Python packages."""
    with _unzipping:
        layer.code.prepare_for_execution()
    return Path(layer.code.get_unzipped_code_location()) / "python"
