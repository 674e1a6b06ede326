"""The part of the table of routes that is about figures, the switch and experiments."""

from feedline.api.administration import (
    Administration,
    ExperimentAnswer,
    ExperimentsAnswer,
    ExperimentStart,
    Realtime,
    ReportAnswer,
    SwitchAnswer,
    SwitchChange,
)
from feedline.api.figures import FiguresCalls, FiguresQuery
from feedline.api.operation import Operation
from feedline.dashboard.points import FiguresAnswer


def figures_operations(figures: FiguresCalls) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/admin/figures",
            name="figures",
            summary="How the installation fares, and fared in the last minutes, hour or day",
            tag="administration",
            handler=figures.figures,
            query=FiguresQuery,
            answer=FiguresAnswer,
            codes=("forbidden",),
        ),
    ]


def switch_operations(administration: Administration) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/realtime",
            name="realtime",
            summary="Whether the caller may have live delivery now",
            tag="live",
            handler=administration.realtime,
            answer=Realtime,
        ),
        Operation(
            method="GET",
            path="/api/admin/realtime",
            name="realtime_switch",
            summary="How the switch of live delivery stands; for admins",
            tag="operation",
            handler=administration.switch,
            answer=SwitchAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="PUT",
            path="/api/admin/realtime",
            name="switch_realtime",
            summary="Turn live delivery on or off, on all nodes; for admins",
            tag="operation",
            handler=administration.turn,
            body=SwitchChange,
            answer=SwitchAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="GET",
            path="/api/admin/experiments",
            name="experiments",
            summary="All experiments, the newest first; for admins",
            tag="operation",
            handler=administration.experiments,
            answer=ExperimentsAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="POST",
            path="/api/admin/experiments",
            name="start_experiment",
            summary="Give half of those who take part other settings, and measure; for admins",
            tag="operation",
            handler=administration.start,
            body=ExperimentStart,
            answer=ExperimentAnswer,
            status=201,
            codes=("forbidden", "conflict"),
        ),
        Operation(
            method="GET",
            path="/api/admin/experiments/{name}",
            name="experiment_report",
            summary="What came of an experiment so far; for admins",
            tag="operation",
            handler=administration.report,
            answer=ReportAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="POST",
            path="/api/admin/experiments/{name}/stop",
            name="stop_experiment",
            summary="End the experiment that runs; for admins",
            tag="operation",
            handler=administration.stop,
            answer=ExperimentAnswer,
            codes=("forbidden",),
        ),
    ]
