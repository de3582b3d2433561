"""Why a request is turned away although its content may be good."""


class BusyError(Exception):
    """The queue is full; `retry_after` is a fair guess of the seconds until it is not."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the service is busy; try again in {retry_after} s")
        self.retry_after = retry_after


class TooSlowError(Exception):
    """A request took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the request took longer than {seconds:g} s; send fewer or shorter texts")
