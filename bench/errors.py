class BenchError(Exception):
    """Something is lost, refused or broken. Never raised because something is slow."""


class LostError(BenchError):
    """Deliveries or posts that should be there and are not, or are there twice."""

    def __init__(self, what: str, expected: int, counted: int) -> None:
        super().__init__(what, expected, counted)
        self.what, self.expected, self.counted = what, expected, counted

    def __str__(self) -> str:
        return f"{self.what}: {self.counted:,} where {self.expected:,} were expected"


class ChildError(BenchError):
    """A child process ended or fell silent."""

    def __init__(self, name: str, problem: str, log: str) -> None:
        super().__init__(name, problem, log)
        self.name, self.problem, self.log = name, problem, log

    def __str__(self) -> str:
        said = f"; its last words:\n{self.log}" if self.log else ""
        return f"{self.name} {self.problem}{said}"


def expect(what: str, *, expected: int, counted: int) -> None:
    if counted != expected:
        raise LostError(what, expected, counted)
