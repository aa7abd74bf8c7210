"""kill -9 at every point of the protocol: the next start ends in the tables of an undisturbed run."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException

from houseboat.streaming.checkpoint import Checkpoint
from houseboat.streaming.lock import CheckpointLock

from .conftest import World, all_of, log_of, numbers

At = Callable[[str], str]

KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from streaming.conftest import make_world
from pathlib import Path
import {module} as module

world = make_world(Path({root!r}))
spark = world.engine.session()
original = module.{target}
def fatal(*args, **kwargs):
    if {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
module.{target} = fatal
stream = spark.readStream.format("delta").load({source!r})
writer = stream.writeStream.option("checkpointLocation", {checkpoint!r}).trigger(availableNow=True)
writer.{start}.awaitTermination()
"""

POINTS = {
    "before the offsets": ("houseboat.streaming.query", "Checkpoint.plan", True),
    "after the offsets, before the sink": ("houseboat.streaming.query", "Checkpoint.plan", False),
    "after the sink, before the commit": ("houseboat.streaming.query", "Checkpoint.commit", True),
    "after the commit": ("houseboat.streaming.query", "Checkpoint.commit", False),
}


def killed(world: World, tmp_path: Path, point: str, source: str, checkpoint: str, start: str) -> None:
    """Run the query in a process of its own, which dies at the point."""
    module, target, before = POINTS[point]
    code = textwrap.dedent(KILLED).format(
        tests=str(Path(__file__).resolve().parents[1]), root=str(world.root), module=module, target=target,
        before=before, source=source, checkpoint=checkpoint, start=start,
    )  # fmt: skip
    script = tmp_path / "killed.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, timeout=120, check=False)
    assert done.returncode == -9, done.stderr.decode()[-2000:]


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_query_goes_on_without_loss_or_double(
    spark: Any, world: World, at: At, tmp_path: Path, point: str
) -> None:
    """Both the first batch and a later one are killed; every row is in the sink once, and the lock is free."""
    for values in ((1, 2), (3,)):
        numbers(spark, *values).write.format("delta").mode("append").save(at("in"))
        killed(world, tmp_path, point, at("in"), at("cp"), f"start({at('out')!r})")
    stream = spark.readStream.format("delta").load(at("in"))
    for _ in range(2):
        stream.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True).start(
            at("out")
        ).awaitTermination()
    assert all_of(spark, at("out")) == [1, 2, 3]


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_a_killed_file_sink_leaves_each_row_once(spark: Any, world: World, at: At, tmp_path: Path) -> None:
    """A batch whose files were moved but not committed is not written again."""
    numbers(spark, 1, 2).write.format("delta").save(at("in"))
    killed(
        world,
        tmp_path,
        "after the sink, before the commit",
        at("in"),
        at("cp"),
        f"format('parquet').start({at('out')!r})",
    )
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.format("parquet").option("checkpointLocation", at("cp")).trigger(availableNow=True)
    writer.start(at("out")).awaitTermination()
    files = [str(path) for path in Path(at("out")).glob("*.parquet")]
    assert spark.read.parquet(*files).count() == 2


def test_a_replay_looks_only_at_what_was_committed_since(spark: Any, at: At) -> None:
    """Other writers' commits after the lost one do not hide it; the sink gets no second commit."""
    numbers(spark, 1).write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))

    def run() -> None:
        stream.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True).start(
            at("out")
        ).awaitTermination()

    run()
    numbers(spark, 9).write.format("delta").mode("append").save(at("out"))
    (Path(at("cp")) / "commits" / "0").unlink()
    commits = log_of(at("out"))
    run()
    assert log_of(at("out")) == commits
    assert (Path(at("cp")) / "commits" / "0").exists()


def test_a_checkpoint_in_use_elsewhere_is_refused(spark: Any, at: At) -> None:
    """Another process's lock: Spark's words for concurrent use."""
    from houseboat.streaming.errors import ConcurrentStream

    numbers(spark, 1).write.format("delta").save(at("in"))
    lock = CheckpointLock(Path(at("cp")))
    lock.acquire()
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True)
    with pytest.raises(ConcurrentStream, match="Multiple streaming jobs detected"):
        writer.start(at("out"))
    lock.release()
    writer.start(at("out")).awaitTermination()
    assert all_of(spark, at("out")) == [1]


@pytest.mark.parametrize("file", ["offsets/0", "metadata"])
def test_a_corrupt_checkpoint_names_the_file_and_the_next_step(spark: Any, at: At, file: str) -> None:
    """The query fails, nothing is written."""
    numbers(spark, 1).write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))
    writer = stream.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True)
    writer.start(at("out")).awaitTermination()
    (Path(at("cp")) / file).write_text("v1\n{broken")
    commits = log_of(at("out"))
    with pytest.raises(Exception, match="CHECKPOINT_CORRUPT") as caught:
        writer.start(at("out")).awaitTermination()
    assert str(Path(at("cp")) / file) in str(caught.value)
    assert "next: " in str(caught.value)
    assert log_of(at("out")) == commits


def test_a_changed_number_of_sources_is_refused(spark: Any, at: At) -> None:
    """The offsets of one source say nothing about two."""
    numbers(spark, 1).write.format("delta").save(at("in"))
    stream = spark.readStream.format("delta").load(at("in"))
    stream.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True).start(
        at("out")
    ).awaitTermination()
    both = stream.union(spark.readStream.format("delta").load(at("in")))
    query = both.writeStream.option("checkpointLocation", at("cp")).trigger(availableNow=True).start(at("out"))
    with pytest.raises(
        StreamingQueryException, match=r"There are \[1\] sources in the checkpoint offsets and now there are \[2\]"
    ):
        query.awaitTermination()


def test_checkpoints_do_not_grow_with_history(tmp_path: Path) -> None:
    """A hundred batches' offsets and commits are kept, no more."""
    from houseboat.streaming.checkpoint import Planned

    checkpoint = Checkpoint(tmp_path)
    name = checkpoint.query_id()
    for number in range(130):
        checkpoint.plan(Planned(number, ({"at": number}, None)))
        checkpoint.commit(number)
    assert len(list((tmp_path / "offsets").iterdir())) == 100
    assert len(list((tmp_path / "commits").iterdir())) == 100
    again = Checkpoint(tmp_path)
    assert again.query_id() == name
    assert again.last_committed() == 129
    planned = again.last_planned()
    assert planned is not None
    assert (planned.number, planned.ends) == (129, ({"at": 129}, None))
    assert (tmp_path / "offsets" / "129").read_text().splitlines()[0] == "v1"
