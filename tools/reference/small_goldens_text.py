"""The texts of small_goldens.py: chats, tokenizer cases, and the few sentences its vocabulary is learnt from."""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MERGED_TOKENS = 200  # beside the 256 bytes

# as published with Qwen2.5 (Apache-2.0)
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
         r"\s+(?!\S)|\s+")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
           "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
           "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
PLAIN = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
         "<|repo_name|>", "<|file_sep|>"]

# as published with Qwen2.5-VL (Apache-2.0), without its branch for videos
CHAT_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and message['role'] != "
    "'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ "
    "message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}{% for "
    "content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content "
    "%}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% "
    "endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")

CHATS = {
    "text": [{"role": "user", "content": "In which country lies Łódź? 答えて。"}],
    "one_image": [{"role": "user", "content": [
        {"type": "image", "image": "a"},
        {"type": "text", "text": "Where was this photo taken? Think in <think> </think>, then give <answer>latitude, "
                                 "longitude</answer>."}]}],
    "two_images": [
        {"role": "system", "content": "You are a geographer."},
        {"role": "user", "content": [{"type": "image", "image": "b"}, {"type": "text", "text": "and"},
                                     {"type": "image", "image": "c"}, {"type": "text", "text": "\nSame city?"}]},
        {"role": "assistant", "content": "<think>Signs.</think><answer>48.8584, 2.2945</answer>"},
        {"role": "user", "content": "Why?"}],
}

LEARNT_FROM = [
    "You are a helpful assistant. You are a geographer. Where was this photo taken? The photo shows a street in a city.",
    "Think about the signs, the road, the trees and the sun, then give the answer as latitude and longitude.",
    "<think>The sign is in Portuguese and cars drive on the right.</think><answer>latitude, longitude</answer>",
    "The country lies on the southern hemisphere; the region is temperate, the landscape has hills and vineyards.",
    "In which country lies this town? It's in the north. They're driving on the left; it doesn't look like Europe.",
    "El letrero está en español y la carretera es estrecha. Das Schild steht an der Straße, die Häuser sind alt.",
    "La photo a été prise près de la côte, à côté du château. Фотография сделана на улице города.",
    "この写真はどこで撮られましたか。写真の道路と看板を見てください。 这张照片是在哪里拍摄的？照片里有街道和招牌。",
]

TOKENIZER_TEXTS = [
    "", "a", " ", "  ", "\n", "\n\n \n", "\t tab", "Hello, world!", "don't can't I'll we've he'd she's they're I'm DON'T",
    "The photo was taken on a street in a city.", "  two blanks before and after  ", "line one\nline two\r\nline three\n",
    "latitude 48.8584, longitude -2.2945", "1234567890", "3.14e-10", "snake_case and CamelCase", "a-b/c\\d|e",
    "Łódź, Kraków, Gdańsk", "Straße, Häuser, Köln", "e\u0301 is e with an accent, \u00e9 the same in one", "Ａ full-width A",
    "この写真はどこで撮られましたか。", "这张照片是在哪里拍摄的？", "Где сделана фотография?", "أين التقطت هذه الصورة؟", "תמונה",
    "ภาพถ่าย", "फ़ोटो", "한국어 문장", "🌍🌏🌎 👩‍👩‍👧 🇵🇹", "zero\u200bwidth", "no\u00a0break", "nul \x00 and bell \x07", "\ufeffmark",
    "<think>A sign.</think><answer>1, 2</answer>", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start", "<|image_pad|><|image_pad|>",
    "text<|endoftext|>text", "<tool_call>{}</tool_call>", "a" * 60, " " * 33, "!?" * 20, "\U0010ffff \ue000",
]


def train_tokenizer():
    """A byte-level BPE of Qwen's form, the markers at its end."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    trainer = trainers.BpeTrainer(vocab_size=256 + MERGED_TOKENS, min_frequency=1, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(LEARNT_FROM, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in PLAIN])
    return tokenizer
