"""Dead letters that a demo comes across: whatever put them there, a person hears of them while it plays."""

from collections.abc import Callable

from billproof_ops.dead_letters import depths
from billproof_ops.target import Target


class DeadLetterWatch:
    """Says which queues have dead letters, and again when there are more of them."""

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        self._target, self._say = target, say
        self._said: dict[str, int] = {}

    def look(self) -> None:
        """Look at every queue, and say what was not said yet."""
        for depth in depths(self._target):
            if depth.dead_letters > self._said.get(depth.queue, 0):
                self._said[depth.queue] = depth.dead_letters
                self._say(
                    f"{depth.queue}: {depth.dead_letters:,} dead letters, messages that failed: "
                    f"billproof dlq peek {depth.queue} says why"
                )
