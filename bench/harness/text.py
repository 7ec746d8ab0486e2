"""Numbers as people read them."""


def seconds(value):
    if value >= 100:
        return f"{value:.0f} s"
    if value >= 1:
        return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"
    return f"{value * 1000:.1f} ms" if value >= 0.01 else f"{value * 1000:.2f} ms"


def scaled(value, units):
    for unit, size in units:
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{value:.0f} "


def rate(value):
    return scaled(value, (("G", 1e9), ("M", 1e6), ("k", 1e3))) + "/s"


def count(value):
    return f"{value:,.0f}"


def size(value):
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if value >= 1 << shift:
            return f"{value / (1 << shift):.2f} {unit}"
    return f"{value:.0f} B"


def value(number, unit):
    """One number of a metric, with its unit."""
    if number is None:
        return "-"
    forms = {
        "s": seconds, "/s": rate, "B": size, "count": count, "B/link": lambda bytes_: f"{bytes_:.2f} B/link",
        "x": lambda times: f"{times:.2f} x"
    }
    return forms[unit](number)


def spread(timing, unit="s"):
    runs = len(timing["runs"])
    times = "1 run" if runs == 1 else f"{runs} runs"
    return f"{value(timing['min'], unit)} to {value(timing['max'], unit)}, {times}"


def threads(number):
    return "1 thread" if number == 1 else f"{number} threads"
