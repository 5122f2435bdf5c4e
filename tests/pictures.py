"""Small files of every kind, as a visitor's disk would hold them."""

import io
import struct
import zlib

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(40)


def picture(
    name: str = "PNG", size: tuple[int, int] = (6, 4), mode: str = "RGB", **options: object
) -> bytes:
    """Red, in the format `name`."""
    made = io.BytesIO()
    colour: dict[str, int | tuple[int, ...]] = {
        "RGB": (200, 30, 30),
        "RGBA": (200, 30, 30, 128),
        "P": 1,
        "L": 80,
        "CMYK": (0, 9, 9, 0),
    }
    Image.new(mode, size, colour[mode]).save(made, name, **options)
    return made.getvalue()


def moving() -> bytes:
    """A GIF of two frames, the first of them red."""
    made = io.BytesIO()
    first, second = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))
    first.save(made, "GIF", save_all=True, append_images=[second])
    return made.getvalue()


def announced(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says that it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
