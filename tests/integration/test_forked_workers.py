"""Workers of functions that are forked from one template: each is a process of its own, and ends as one."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from billproof_ops.local import forked_workers
from billproof_ops.local.forked_workers import LAYERS, ForkedWorker, Templates

SCRIPT = """
import json, os, sys
import remembered
from billproof.handlers import logger
for line in sys.stdin:
    remembered.NUMBER += 1
    if line == "log\\n":
        logger.warning("by the logger")
    said = [line.strip(), os.environ["NAME"], os.getcwd(), remembered.NUMBER, "billproof.pricing.owed" in sys.modules]
    print(json.dumps(said), flush=True)
    print("logged", file=sys.stderr, flush=True)
"""
MODULE = "NUMBER = 0"


class Functions:
    """Functions with one layer, as MiniStack starts their workers."""

    def __init__(self, folder: Path, templates: Templates) -> None:
        self.folder, self.templates = folder, templates
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as layer:
            layer.writestr("python/remembered.py", MODULE)
        pointer = templates.unpacked(packed.getvalue())
        with zipfile.ZipFile(io.BytesIO(pointer)) as unpacked:
            unpacked.extractall(folder / "layer")

    def worker(self, name: str, **variables: str) -> ForkedWorker:
        script = self.folder / name / "script.py"
        script.parent.mkdir(exist_ok=True)
        layer = (self.folder / "layer" / "unpacked").read_text()
        script.write_text(f"import sys; sys.path.insert(0, {layer + '/python'!r})\n{SCRIPT}")
        own = {**os.environ, **variables, "NAME": name, LAYERS: str(self.folder / "layer")}
        return self.templates.start([sys.executable, str(script)], str(script.parent), own)


def descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


def answer(worker: ForkedWorker, text: str) -> list[object]:
    worker.stdin.write(f"{text}\n")
    answered: list[object] = json.loads(worker.stdout.readline())
    return answered


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Functions:
    return Functions(tmp_path_factory.mktemp("functions"), Templates())


def test_each_worker_has_its_own_folder_variables_and_memory(functions: Functions) -> None:
    one, other = functions.worker("one"), functions.worker("other")
    assert one.pid != other.pid
    assert answer(one, "a") == ["a", "one", str(functions.folder / "one"), 1, True]
    assert answer(one, "b") == ["b", "one", str(functions.folder / "one"), 2, True]
    assert answer(other, "c") == ["c", "other", str(functions.folder / "other"), 1, True]
    assert one.stderr.readline() == "logged\n"
    assert (one.poll(), other.poll()) == (None, None)
    one.stdin.close()
    assert one.wait() == one.poll() == 0


def test_what_a_logger_writes_goes_where_logs_go_and_the_answers_are_alone(functions: Functions) -> None:
    worker = functions.worker("logging")
    assert answer(worker, "log")[0] == "log"
    assert json.loads(worker.stderr.readline())["message"] == "by the logger"


def test_one_that_is_killed_has_ended_for_whoever_waits_and_the_next_one_answers(functions: Functions) -> None:
    worker = functions.worker("killed")
    answer(worker, "a")
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=0)
    worker.kill()
    assert worker.wait() == 0
    assert worker.stdout.readline() == ""
    worker.terminate()  # whoever has its pid now is left alone
    assert answer(functions.worker("after"), "b")[:2] == ["b", "after"]


def test_where_the_template_was_killed_the_next_worker_has_another(functions: Functions) -> None:
    worker = functions.worker("before")
    (template,) = functions.templates.running
    os.kill(template, signal.SIGKILL)
    os.waitpid(template, 0)
    assert answer(worker, "a")[0] == "a"
    assert answer(functions.worker("after it"), "b")[0] == "b"
    assert functions.templates.running != (template,)


def test_variables_that_modules_read_as_they_are_imported_are_those_of_the_worker(functions: Functions) -> None:
    before = functions.templates.running
    functions.worker("quiet", POWERTOOLS_LOG_LEVEL="ERROR")
    assert len(functions.templates.running) == len(before) + 1


def test_a_worker_does_not_import_from_the_folder_that_the_server_was_started_in(functions: Functions) -> None:
    folder = functions.folder / "alone"
    folder.mkdir()
    (folder / "script.py").write_text("import json, sys; print(json.dumps(sys.path), flush=True)")
    worker = functions.templates.start([sys.executable, str(folder / "script.py")], str(functions.folder), {})
    first, *_ = json.loads(worker.stdout.readline())
    assert first == str(folder)  # as `python script.py` has it


def test_one_whose_template_ends_as_it_forks_is_forked_by_another(functions: Functions) -> None:
    answer(functions.worker("first"), "a")
    *_, template = functions.templates.running
    os.kill(template, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (template, signal.SIGKILL)).start()
    assert answer(functions.worker("second"), "b")[:2] == ["b", "second"]
    assert template not in functions.templates.running


@pytest.mark.parametrize("value", ["x" * 300_000, b"x"])
def test_variables_that_are_too_long_or_no_texts_are_refused_and_leave_nothing_open(
    functions: Functions, value: str
) -> None:
    answer(functions.worker("usual"), "a")
    before, running = descriptors(), functions.templates.running
    with pytest.raises((OSError, TypeError)):
        functions.worker("refused", VALUE=value)
    assert (descriptors(), functions.templates.running) == (before, running)


def test_workers_that_were_killed_leave_nothing_open(functions: Functions) -> None:
    answer(functions.worker("usual"), "a")
    before = descriptors()
    for _ in range(5):
        worker = functions.worker("short")
        worker.kill()
        assert worker.wait() == 0
        del worker
    assert descriptors() == before


def test_a_server_with_more_than_a_thousand_files_open_sees_whether_a_worker_has_ended(functions: Functions) -> None:
    held = [os.dup(0) for _ in range(1_024)]
    try:
        worker = functions.worker("of many")
        assert worker.poll() is None
        worker.kill()
        assert worker.wait() == worker.poll() == 0
    finally:
        for number in held:
            os.close(number)


def test_a_layer_of_which_a_part_is_damaged_is_refused_again(functions: Functions) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as layer:
        layer.writestr("python/first.py", "FIRST = 1")
        layer.writestr("python/second.py", "SECOND = 2")
    damaged = packed.getvalue().replace(b"SECOND = 2", b"SECOND = 3")
    for _ in range(2):
        with pytest.raises(zipfile.BadZipFile):
            functions.templates.unpacked(damaged)


def test_the_template_that_was_not_used_for_longest_ends_where_there_are_too_many_and_its_workers_go_on(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = functions.worker("of the first")
    answer(worker, "a")
    *_, first = functions.templates.running
    monkeypatch.setattr(forked_workers, "MOST_TEMPLATES", 1)
    functions.worker("of the next", POWERTOOLS_LOG_LEVEL="DEBUG")
    (following,) = functions.templates.running
    assert following != first
    assert os.waitpid(first, 0) == (first, 0)
    assert answer(worker, "b")[0] == "b"
