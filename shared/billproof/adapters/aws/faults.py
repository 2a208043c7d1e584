"""Turning botocore's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from billproof.errors import ExternalServiceUnavailable, InvalidInput

UNKNOWN_ACTION = {"UnknownOperationException", "InvalidAction", "UnsupportedOperation", "NotImplemented"}

WRONG_INPUT = {
    *("ValidationException", "ValidationError", "SerializationException", "ItemCollectionSizeLimitExceededException"),
    *("InvalidParameterException", "InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterValues"),
    *("InvalidParameterCombination", "MissingParameter", "MissingRequiredParameter", "InvalidAttributeValue"),
    *("InvalidArgument", "InvalidRequest", "MalformedXML", "KeyTooLongError", "EntityTooLarge", "MetadataTooLarge"),
    *("InvalidWriteOffset", "TooManyParts", "EncryptionTypeMismatch", "IdempotentParameterMismatchException"),
    *("InvalidMessageContents", "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
    *("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", "InvalidBatchEntryId"),
    *("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
    *("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
    *("AWS.SimpleQueueService.InvalidBatchEntryId", "BadRequestException"),
    *("InvalidName", "InvalidArn", "InvalidExecutionInput", "InvalidOutput"),
}
"""Codes of DynamoDB, S3, SQS, SES, Step Functions and Secrets Manager for a request that no other try would make right.

A missing table, a denied access or a disabled key is none of them: those are changed beside the request.
"""


def error_code(error: ClientError) -> str:
    """Return the service's code of an error, such as NoSuchKey."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_unknown_action(error: ClientError) -> bool:
    """Say whether the endpoint has no such action, as emulators answer: a code of UNKNOWN_ACTION or a status of 501."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return error_code(error) in UNKNOWN_ACTION or status == HTTPStatus.NOT_IMPLEMENTED


@contextmanager
def outside(service: str) -> Iterator[None]:
    """Raise ExternalServiceUnavailable for whatever a service or the way to it throws at us.

    Raises InvalidInput where the request itself is wrong; its text is not repeated, since it may hold what was sent.
    """
    try:
        yield
    except ClientError as error:
        if error_code(error) in WRONG_INPUT:
            message = f"{service} refuses what {error.operation_name} was given"
            raise InvalidInput(message, service=service, code=error_code(error)) from None
        raise ExternalServiceUnavailable(str(error), service=service, code=error_code(error)) from error
    except ParamValidationError:
        message = f"a request to {service} is not valid"
        raise InvalidInput(message, service=service, code="ParamValidationError") from None
    except (BotoCoreError, ResponseParserError) as error:  # the latter: a proxy's page instead of an answer
        said = str(error).partition("\n")[0]
        raise ExternalServiceUnavailable(said, service=service, code=type(error).__name__) from error
