from session import Unavailable


def measure(context, amounts):
    raise Unavailable("not yet")
