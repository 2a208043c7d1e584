"""LocalStack's server with functions as processes and a DynamoDB Local that is there already.

Started by billproof_ops.local.localstack.server, in LocalStack's own interpreter.
"""

import os

from localstack.runtime import main
from localstack.services.dynamodb import server as dynamodb
from localstack.services.lambda_.invocation import runtime_executor

from billproof_ops.local.localstack.inside.executor import ProcessExecutor

DYNAMODB_LOCAL = "BILLPROOF_DYNAMODB_LOCAL"
"""Names the folder of DynamoDB Local, which LocalStack would download."""


class ProcessPlugin:
    """What LocalStack loads in the place of its Docker plug-in."""

    def load(self) -> type[ProcessExecutor]:
        """Return the class that runs functions."""
        return ProcessExecutor


def run_functions_as_processes() -> None:
    """Let LocalStack find one plug-in, ours, whatever name it asks for."""
    plugins = runtime_executor.EXECUTOR_PLUGIN_MANAGER
    plugins.exists = lambda _name: True
    plugins.load = lambda _name: ProcessPlugin()


def use_dynamodb_local(folder: str) -> None:
    """Start DynamoDB Local from a folder with the machine's java, in memory, and download nothing."""
    installer = type(dynamodb.dynamodblocal_package.get_installer())
    installer.install = lambda _self, *_args, **_options: None
    installer.get_java_env_vars = lambda _self: {"PATH": os.environ["PATH"]}
    dynamodb.DynamodbServer._create_shell_command = lambda server: [  # noqa: SLF001 - the one place that names the jar
        "java",
        f"-Xmx{server.heap_size}",
        f"-Djava.library.path={folder}/DynamoDBLocal_lib",
        "-jar",
        f"{folder}/DynamoDBLocal.jar",
        "-port",
        str(server.port),
        "-inMemory",
        "-disableTelemetry",
    ]


if __name__ == "__main__":
    run_functions_as_processes()
    use_dynamodb_local(os.environ[DYNAMODB_LOCAL])
    main.main()
