"""Makes a picture anew: only its pixels are left, without what was hidden between them, where it
was taken, or more than its first frame.

A program of its own (`python -I pictures.py FORMAT PIXELS SECONDS BYTES`, the picture on standard
input): a picture made to take a decoder apart, or to fill the memory, ends this process and no
other. It answers with a line of JSON, `{"type", "width", "height"}`, and the new picture behind it.
"""

import io
import json
import resource
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# The exit codes that mean something; any other one is a broken picture.
TOO_MANY_PIXELS: Final = 3
QUALITY: Final = 88
FORMATS: Final = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WEBP", "GIF": "PNG"}
PLAIN_MODES: Final = {"1", "L", "LA", "RGB", "RGBA"}


def main() -> None:
    name, pixels, seconds, size = sys.argv[1], *map(int, sys.argv[2:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    head, body = made_anew(sys.stdin.buffer.read(), name, pixels)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


def made_anew(body: bytes, name: str, pixels: int) -> tuple[dict[str, object], bytes]:
    """Ends the process with TOO_MANY_PIXELS before any of them is unpacked; raises what Pillow
    raises on a picture that it cannot read."""
    # Loaded by whoever makes a picture: the limits bind it as well, and nobody else pays for it.
    from PIL import Image, ImageOps  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = None  # counted here, with an answer of its own
    with Image.open(io.BytesIO(body), formats=(name,)) as picture:
        if picture.width * picture.height > pixels:
            sys.exit(TOO_MANY_PIXELS)
        picture.seek(0)
        # A camera lays the picture down and notes how to hold it; the note does not stay.
        upright = ImageOps.exif_transpose(picture)
        plain = _plain(upright, FORMATS[name])
    made = io.BytesIO()
    plain.save(made, FORMATS[name], quality=QUALITY)
    head = {"type": Image.MIME[FORMATS[name]], "width": plain.width, "height": plain.height}
    return head, made.getvalue()


def _plain(picture: "Picture", to: str) -> "Picture":
    """In a mode that the format can hold, and a new object: no comment or profile comes along."""
    if to == "JPEG":
        mode = picture.mode if picture.mode in {"L", "RGB"} else "RGB"
    elif picture.mode in PLAIN_MODES and to == "PNG":
        mode = picture.mode
    else:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
    plain = picture.convert(mode)
    plain.info = {}
    return plain


if __name__ == "__main__":
    main()
