"""Colours that can be read: WCAG 2.2's contrast, and the nearest colour that has enough of it."""

import colorsys

BLACK, WHITE = "#000000", "#ffffff"
# WCAG 2.2, success criterion 1.4.3 (AA).
ENOUGH = 4.5
STEPS = 400


def contrast(one: str, other: str) -> float:
    """The ratio of two colours such as #0b6e6e, from 1 (alike) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better. One of them has 4.58 to 1 on every colour."""
    return max(WHITE, BLACK, key=lambda ink: contrast(ink, colour))


def nearest_readable(colour: str, ink: str) -> str:
    """The colour of the same hue and saturation, as near in lightness as can be, on which `ink`
    has enough contrast; the colour itself when it has."""
    if contrast(colour, ink) >= ENOUGH:
        return colour
    hue, light, saturation = colorsys.rgb_to_hls(*_parts(colour))
    end = 0.0 if luminance(ink) > 0.5 else 1.0
    for step in range(1, STEPS):
        tried = light + (end - light) * step / STEPS
        found = _hex(colorsys.hls_to_rgb(hue, tried, saturation))
        if contrast(found, ink) >= ENOUGH:
            return found
    return WHITE if end else BLACK


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
