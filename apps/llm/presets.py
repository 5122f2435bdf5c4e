"""What many servers and models are called and can do, to fill a new form with.

Prices are the providers' published list prices for 1,000 tokens in US dollars, contexts what they
document; both stand here only where they are known. Staff check them against their own contract.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.llm.values import Dialect, Purpose, Tier

FREE = (Decimal(0), Decimal(0))
OLLAMA, VLLM = "http://127.0.0.1:11434/v1", "http://127.0.0.1:8000/v1"
LLAMACPP, XINFERENCE = "http://127.0.0.1:8080/v1", "http://127.0.0.1:9997/v1"
DASHSCOPE = "https://dashscope.aliyuncs.com/compatible-mode/v1"
BIGMODEL = "https://open.bigmodel.cn/api/paas/v4"
ARK = "https://ark.cn-beijing.volces.com/api/v3"
OPENAI, ANTHROPIC = "https://api.openai.com/v1", "https://api.anthropic.com/v1"


@dataclass(frozen=True, slots=True)
class Preset:
    """`model` "" leaves the name to staff; `price` is (read, written) or None when not known."""

    key: str
    title: str | Promise
    provider: str
    dialect: Dialect
    base_url: str
    model: str = ""
    tier: Tier = Tier.LOCAL
    purpose: Purpose = Purpose.ANSWER
    context: int | None = None
    price: tuple[Decimal, Decimal] | None = None
    concurrency: int | None = None
    note: str | Promise = ""

    @property
    def shown(self) -> str:
        """With the server that runs it, of a model at home: there the name of both is filled in."""
        is_at_home = self.tier == Tier.LOCAL and self.model
        return f"{self.title} ({self.provider})" if is_at_home else str(self.title)


def _openai(key: str, title: str, model: str, context: int, *price: str) -> Preset:
    return _cloud(key, title, ("OpenAI", Dialect.OPENAI, OPENAI), model, context, *price)


def _cloud(
    key: str, title: str, at: tuple[str, Dialect, str], model: str, context: int | None, *price: str
) -> Preset:
    costs = (Decimal(price[0]), Decimal(price[1])) if price else None
    return Preset(key, title, *at, model, Tier.CLOUD, context=context, price=costs)


def _in_china(
    key: str,
    title: str | Promise,
    provider: str,
    url: str,
    model: str = "",
    note: str | Promise = "",
) -> Preset:
    """Without a price: they change, and are lower at night at some."""
    return Preset(key, title, provider, Dialect.OTHER, url, model, Tier.CLOUD, note=note)


def _local(
    key: str,
    title: str,
    at: tuple[str, Dialect, str],
    model: str,
    context: int | None = None,
    concurrency: int = 2,
) -> Preset:
    return Preset(key, title, *at, model, context=context, price=FREE, concurrency=concurrency)


AT_ANTHROPIC = ("Anthropic", Dialect.ANTHROPIC, ANTHROPIC)
AT_OLLAMA = ("Ollama", Dialect.OLLAMA, OLLAMA)
AT_VLLM = ("vLLM", Dialect.VLLM, VLLM)
AT_XINFERENCE = ("Xinference", Dialect.OTHER, XINFERENCE)

PRESETS: tuple[Preset, ...] = (
    _local("ollama", "Ollama", AT_OLLAMA, ""),
    _local("vllm", "vLLM", AT_VLLM, ""),
    _local("llamacpp", "llama.cpp", ("llama.cpp", Dialect.LLAMACPP, LLAMACPP), "", concurrency=1),
    _local("chatglm3", "ChatGLM3-6B", AT_XINFERENCE, "chatglm3", 8192),
    _local("glm-4-9b", "GLM-4-9B", AT_XINFERENCE, "glm4-chat", 131_072),
    _local(
        "llama2-chinese", "Llama2-Chinese-13B", AT_VLLM, "FlagAlpha/Llama2-Chinese-13b-Chat", 4096
    ),
    _local("qwen2.5-7b", "Qwen2.5-7B", AT_VLLM, "Qwen/Qwen2.5-7B-Instruct", 32_768),
    _openai("gpt-4", "GPT-4", "gpt-4", 8192, "0.03", "0.06"),
    _openai("gpt-3.5-turbo", "GPT-3.5 Turbo", "gpt-3.5-turbo", 16_385, "0.0005", "0.0015"),
    _openai("gpt-4o", "GPT-4o", "gpt-4o", 128_000, "0.0025", "0.01"),
    _openai("gpt-4o-mini", "GPT-4o mini", "gpt-4o-mini", 128_000, "0.00015", "0.0006"),
    _openai("gpt-4.1", "GPT-4.1", "gpt-4.1", 1_047_576, "0.002", "0.008"),
    Preset(
        "claude-3-sonnet",
        "Claude 3 Sonnet",
        *AT_ANTHROPIC,
        "claude-3-sonnet-20240229",
        Tier.CLOUD,
        context=200_000,
        price=(Decimal("0.003"), Decimal("0.015")),
        note=_("Anthropic has retired this model; take a successor unless your own server has it."),
    ),
    _cloud(
        "claude-sonnet-4.5",
        "Claude Sonnet 4.5",
        AT_ANTHROPIC,
        "claude-sonnet-4-5",
        200_000,
        "0.003",
        "0.015",
    ),
    _in_china("deepseek", "DeepSeek", "DeepSeek", "https://api.deepseek.com/v1", "deepseek-chat"),
    _in_china("qwen", _("Qwen (DashScope)"), "DashScope", DASHSCOPE, "qwen-plus"),
    _in_china("glm", _("GLM (BigModel)"), "BigModel", BIGMODEL, "glm-4-plus"),
    _in_china("kimi", _("Kimi (Moonshot)"), "Moonshot", "https://api.moonshot.cn/v1"),
    _in_china(
        "doubao",
        _("Doubao (Ark)"),
        "Ark",
        ARK,
        note=_("The model's name is that of your inference endpoint at Ark, or the model's own."),
    ),
    Preset("other", _("Other, OpenAI-compatible"), "", Dialect.OTHER, ""),
)
BY_KEY = {preset.key: preset for preset in PRESETS}
