"""The whole chain of handlers over moto, played once for the tests that ask what it did."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.support.aws_chain import Chain, play
from tests.support.aws_events import tell
from tests.support.aws_take_over import take_over
from tests.support.recording import Recording


@pytest.fixture(scope="session")
def recorded() -> Iterator[Recording]:
    with pytest.MonkeyPatch.context() as patch, mock_aws(), Recording() as recording:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        chain = Chain(recording)
        play(chain)
        take_over(chain)
        tell(chain)
        yield recording
