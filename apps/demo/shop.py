"""The demo shop's range. Northbird Audio is made up, and so is all that it sells."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Product:
    slug: str
    name: Text
    kind: Text
    price: Text
    pitch: Text
    facts: tuple[Text, ...]
    # What customers call it besides its name and kind, in either language.
    called: tuple[str, ...]

    @property
    def picture(self) -> str:
        return f"demo/{self.slug}.svg"


PRODUCTS = (
    Product(
        slug="lark",
        name=_("Lark 2"),
        kind=_("True wireless earbuds"),
        price=_("75 USD"),
        pitch=_(
            "Small, light and quiet: noise cancelling for the commute, and proof against rain."
        ),
        facts=(
            _("8 hours of music, 6 with noise cancelling, 24 more in the case"),
            _("Proof against sweat and rain (IPX5)"),
            _("Two devices at once"),
            _("Ear tips in S, M and L in the box"),
        ),
        called=(
            "lark",
            "earbuds",
            "earphones",
            "buds",
            "in-ears",
            "headset",
            "耳塞",
            "耳机",
            "无线耳机",
            "蓝牙耳机",
            "云雀",
        ),
    ),
    Product(
        slug="heron",
        name=_("Heron"),
        kind=_("Over-ear headphones"),
        price=_("189 USD"),
        pitch=_("Forty hours of calm. Soft pads, a folding frame and a cable for the plane."),
        facts=(
            _("Up to 40 hours of music, charged in 2 hours"),
            _("Noise cancelling and Transparency mode"),
            _("Wireless or with the cable"),
            _("Engraving with up to 12 letters"),
        ),
        called=("headphones", "over-ears", "头戴式耳机", "头戴耳机", "大耳机", "苍鹭"),
    ),
    Product(
        slug="wren",
        name=_("Wren"),
        kind=_("Portable speaker"),
        price=_("59 USD"),
        pitch=_("A loud little bird for kitchen, park and beach. Two of them sing in stereo."),
        facts=(
            _("Stereo pair with a second Wren"),
            _("Party mode with other Northbird speakers"),
            _("Fit for hand luggage"),
            _("Charges by USB-C"),
        ),
        called=(
            "speaker",
            "speakers",
            "bluetooth speaker",
            "音箱",
            "音响",
            "蓝牙音箱",
            "小音箱",
            "鹪鹩",
        ),
    ),
    Product(
        slug="swift",
        name=_("Swift"),
        kind=_("Turntable"),
        price=_("299 USD"),
        pitch=_(
            "Belt drive, a steady arm and a built-in preamplifier: put on a record and listen."
        ),
        facts=(
            _("Switch for LINE or PHONO on the back"),
            _("Tracking force of 1.8 g, easily set"),
            _("Stylus for about 500 hours, changed without tools"),
            _("Delivered by standard delivery in foam inserts"),
        ),
        called=("turntable", "record player", "vinyl player", "唱机", "黑胶唱机", "唱片机", "雨燕"),
    ),
)
BY_SLUG = {product.slug: product for product in PRODUCTS}
