"""What memory costs on this machine, in seconds per GiB.

On a virtual machine the host supplies a page when the guest first touches it, which can cost seconds per GiB;
a load that touches fresh memory pays this, and a reader of its time should see how much. The probe maps
memory on huge pages where the kernel grants them, as the engine does, and writes to every 4 KiB of it twice;
then it gives the memory back and does it again. `first` is the first touch: what host and kernel cost.
`again` is the first touch of memory that was given back; where the kernel keeps pages that the host has
supplied, it is cheaper. `second` is what writing alone costs."""

import mmap
import time

PAGE = 4096


def write_everywhere(memory, size):
    start = time.monotonic()
    memory[0:size:PAGE] = bytes(size // PAGE)
    return time.monotonic() - start


def touch(size):
    with mmap.mmap(-1, size) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        return write_everywhere(memory, size), write_everywhere(memory, size)


def available_bytes():
    with open("/proc/meminfo", encoding="ascii") as lines:
        values = dict(line.split(":", 1) for line in lines)
    return int(values["MemAvailable"].split()[0]) << 10


def measure(gib):
    """Touches `gib` GiB, or half of what is available where that is less."""
    size = min(int(gib * (1 << 30)), available_bytes() // 2) // PAGE * PAGE
    per_gib = (1 << 30) / size
    first, second = touch(size)
    again, _ = touch(size)
    return {
        "bytes": size, "first_seconds_per_gib": first * per_gib, "again_seconds_per_gib": again * per_gib,
        "second_seconds_per_gib": second * per_gib
    }
