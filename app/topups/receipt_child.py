"""The process that `receipts` starts for a picture: limits itself, reads one picture, writes a new one, ends.

Run as a script in an isolated interpreter (`python -I`), which knows neither the project nor its secrets. Decoders of
pictures have had holes; here a hole opens into nothing. What comes out is a JPEG made from the pixels alone: no
metadata, no trailing bytes, no second file inside.

Standard output: one word (`ok` or the reason of a refusal), a line break, the SHA-256 of the pixels, a line break, the
picture.
"""

import hashlib
import io
import signal
import sys
import warnings
from contextlib import suppress
from typing import Final

_SECONDS: Final = 15
_MEMORY: Final = 1024 * 1024 * 1024
_MOST_PIXELS: Final = 50_000_000  # above any phone's ordinary pictures
_LONGEST_SIDE: Final = 2_400
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


def main() -> None:
    """Reads the picture from standard input."""
    data = sys.stdin.buffer.read()
    _limit()
    try:
        word, shown, picture = "ok", *_redrawn(data)
    except _TooManyPixels:
        word, shown, picture = "pixels", "", b""
    except MemoryError:
        word, shown, picture = "pixels", "", b""
    except Exception:  # whatever a decoder says of a broken picture
        word, shown, picture = "damaged", "", b""
    sys.stdout.buffer.write(f"{word}\n{shown}\n".encode() + picture)


class _TooManyPixels(Exception):
    pass


def _redrawn(data: bytes) -> tuple[str, bytes]:
    """The SHA-256 of the picture's pixels, and the picture drawn anew. Only the first frame of a film is taken."""
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _TooManyPixels from None
    with image:
        width, height = image.size
        if (
            not width * height or width * height > _MOST_PIXELS
        ):  # the header's claim, before anything is decoded
            raise _TooManyPixels
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image)
        if upright.mode in ("1", "P", "LA", "PA"):
            upright = upright.convert("RGBA")  # a palette's colours cannot be averaged
        upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        seen = upright.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    drawn = io.BytesIO()
    paper.save(drawn, "JPEG", quality=88)
    return hashlib.sha256(repr(paper.size).encode() + paper.tobytes()).hexdigest(), drawn.getvalue()


def _limit() -> None:
    """Memory, processor, wall time and open files; no file may be written, no core dumped."""
    import resource

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_SECONDS)
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # Some systems refuse some of these, and a stricter limit than ours may stand already.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
