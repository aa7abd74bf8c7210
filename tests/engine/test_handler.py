from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from houseboat.engine import Engine, answers
from houseboat.engine.handler import Handler
from houseboat.engine.handlers.catalog_names import CatalogNames
from houseboat.engine.handlers.standard import standard_handlers
from houseboat.errors import Unsupported

from .conftest import Home, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql.connect.proto import base_pb2 as pb2

    from houseboat.engine.handler import Proceed, ProceedAnalyze, SessionContext


class Watch(Handler):
    """Notes what reaches it."""

    def __init__(self) -> None:
        self.plans: list[pb2.Plan] = []
        self.requests: list[pb2.AnalyzePlanRequest] = []

    def execute(self, plan: pb2.Plan, session: SessionContext, proceed: Proceed) -> Iterator[pb2.ExecutePlanResponse]:  # noqa: ARG002
        """A plan to carry out."""
        self.plans.append(plan)
        return proceed(plan)

    def analyze(
        self,
        request: pb2.AnalyzePlanRequest,
        session: SessionContext,  # noqa: ARG002
        proceed: ProceedAnalyze,
    ) -> pb2.AnalyzePlanResponse:
        """A question about a plan."""
        self.requests.append(request)
        return proceed(request)


@pytest.fixture(scope="module")
def between(home: Home) -> tuple[Any, Watch, Watch]:
    """A session with all standard handlers, watched in front of them and behind."""
    front, behind = Watch(), Watch()
    names = CatalogNames(home.catalog, home.lake)
    engine = Engine(
        handlers=[front, *standard_handlers(names, home.lake), behind],
        catalogs=home.catalog.catalogs(),
        default_catalog="netflix",
    )
    return engine.session(), front, behind


@pytest.mark.parametrize(
    "ask",
    [
        lambda spark: spark.range(3).filter("id > 1").collect(),
        lambda spark: spark.sql("select 'a' as b, 1 + 1, :p", args={"p": 2}).collect(),
        lambda spark: spark.createDataFrame([(1, "x")], "a int, b string").groupBy("a").count().collect(),
        lambda spark: spark.sql("select * from values (1), (2) as t(a) order by a desc").collect(),
        lambda spark: spark.range(2).selectExpr("id as s", "explode(array(1, 2)) as e").toPandas(),
        lambda spark: spark.sql("show functions").limit(1).collect(),
        lambda spark: spark.range(1).schema,
        lambda spark: spark.range(1).explain(),
    ],
)
def test_what_no_handler_knows_goes_through_untouched(between: tuple[Any, Watch, Watch], ask: Any) -> None:
    """The engine gets the plan that the client sent, byte for byte."""
    spark, front, behind = between
    for watch in (front, behind):
        watch.plans.clear()
        watch.requests.clear()
    ask(spark)
    assert [plan.SerializeToString() for plan in front.plans] == [plan.SerializeToString() for plan in behind.plans]
    assert [one.SerializeToString() for one in front.requests] == [one.SerializeToString() for one in behind.requests]
    assert front.plans or front.requests


def test_a_handler_may_answer_rows_itself() -> None:
    """The client cannot tell the answer from the engine's; the engine never hears of the plan."""
    import pyarrow as pa

    class Answers(Handler):
        def execute(
            self,
            plan: pb2.Plan,  # noqa: ARG002
            session: SessionContext,  # noqa: ARG002
            proceed: Proceed,  # noqa: ARG002
        ) -> Iterator[pb2.ExecutePlanResponse]:
            return answers.table(pa.table({"answer": [42]}))

    engine = Engine(handlers=[Answers()])
    assert rows(engine.session().range(3)) == [(42,)]
    engine.stop()


def test_a_handlers_error_is_the_users_error() -> None:
    """It arrives as it was raised, and the session goes on."""

    class Refuses(Handler):
        def execute(
            self,
            plan: pb2.Plan,
            session: SessionContext,  # noqa: ARG002
            proceed: Proceed,
        ) -> Iterator[pb2.ExecutePlanResponse]:
            if plan.root.HasField("range"):
                raise Unsupported("no ranges here", hint="use values")
            return proceed(plan)

    engine = Engine(handlers=[Refuses()])
    spark = engine.session()
    with pytest.raises(Unsupported, match="no ranges here"):
        spark.range(1).collect()
    assert rows(spark.sql("select 1")) == [(1,)]
    engine.stop()


def test_a_handler_may_run_plans_of_its_own(home: Home) -> None:
    """Through the whole chain, as rows or as a frame, with the session's settings at hand."""
    spark = home.session()
    context = home.engine.context(spark)
    spark.conf.set("spark.My.Key", "v")
    assert context.setting("spark.my.key") == "v"
    frame = spark.sql("select 5 as a")
    relation = frame._plan.to_proto(spark._client).root
    assert answers.collect(context, relation).to_pylist() == [{"a": 5}]
    assert rows(context.dataframe(relation)) == [(5,)]
    assert context.engine is home.engine


def test_sql_results_keep_their_types(home: Home) -> None:
    """A statement's answer is a frame: it can be filtered, shown and counted; an empty one has no columns."""
    spark = home.session()
    frame = spark.sql("show catalogs")
    assert frame.columns == ["catalog"]
    assert frame.where("catalog = 'netflix'").count() == 1
    assert spark.sql("grant select on x to y").columns == []
