"""Starting and watching the executions of one state machine."""

from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.faults import error_code, is_unknown_action, outside
from billproof.ids import canonical_json
from billproof.ports import Document

NOBODY_WAITS = {"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"}
"""What a token answers when nobody waits under it: LocalStack calls the token of an ended execution invalid."""


class StateMachine:
    """One state machine; an execution's name tells everything, so it can be found again."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, *, name: str, document: Document) -> bool:
        """Start an execution under a name; False where one of that name exists already."""
        with outside("stepfunctions"):
            try:
                self._client.start_execution(
                    stateMachineArn=self._arn, name=name, input=canonical_json(dict(document)).decode()
                )
            except ClientError as error:
                if error_code(error) == "ExecutionAlreadyExists":
                    return False
                raise
        return True

    def redrive(self, name: str) -> bool:
        """Take a failed execution up where it failed; False where the endpoint knows no such action."""
        arn = self._arn.replace(":stateMachine:", ":execution:") + f":{name}"
        with outside("stepfunctions"):
            try:
                self._client.redrive_execution(executionArn=arn)
            except ClientError as error:
                if is_unknown_action(error):
                    return False
                raise
        return True

    def status(self, name: str) -> str | None:
        """Return an execution's status, or None where there is none."""
        description = self.describe(name)
        return str(description["status"]) if description else None

    def describe(self, name: str) -> dict[str, Any] | None:
        """Return all that Step Functions says of an execution, or None."""
        arn = self._arn.replace(":stateMachine:", ":execution:") + f":{name}"
        with outside("stepfunctions"):
            try:
                answer: dict[str, Any] = self._client.describe_execution(executionArn=arn)
            except ClientError as error:
                if error_code(error) == "ExecutionDoesNotExist":
                    return None
                raise
        return answer


class StepFunctionsTokens:
    """Executions that wait under a task token, of whatever state machine."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def answer(self, *, token: str, document: Document) -> bool:
        """Let the execution that waits under a task token go on; False where none waits any more."""
        with outside("stepfunctions"):
            try:
                self._client.send_task_success(taskToken=token, output=canonical_json(dict(document)).decode())
            except ClientError as error:
                if error_code(error) in NOBODY_WAITS:
                    return False
                raise
        return True
