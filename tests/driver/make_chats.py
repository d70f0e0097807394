# SPDX-License-Identifier: Apache-2.0
"""Test conversations: GGUF files with the chat templates that published models have in their
tokenizer_config.json, and what Jinja (set up as transformers does) and `tokenizers` make of them.

Case file: records of four little-endian u32 (messages, answer, bytes of text, tokens), for each
message two u32 (role, bytes) and its bytes, then the text, then the tokens as u32.
"""
import random
import struct
from pathlib import Path

from gguf import TokenType
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

import make_tokenizer as base
import make_vocabularies as vocabularies

ROLES = ["system", "user", "assistant"]
CONTROL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
           "<|system|>", "<|user|>", "<|assistant|>", "<|im_start|>", "<|im_end|>"]

# Meta-Llama-3-8B-Instruct, and with it Llama3-8B-1.58
LLAMA3 = ("{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
          "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + "
          "'<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
          "{{ content }}{% endfor %}{% if add_generation_prompt %}"
          "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}")
# microsoft/bitnet-b1.58-2B-4T, and what its GGUF has in its place
BITNET = ("{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
          "message['role'] | capitalize + ': '+ message['content'] | trim + '<|eot_id|>' %}{{ content }}"
          "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}")
BITNET_GGUF = ("{% for message in messages %}{% if loop.first %}{{ bos_token }}{% endif %}"
               "{% if message['role'] == 'user' %}{{ 'Human: ' + message['content'] + "
               "'\n\nBITNETAssistant: ' + eos_token }}{% elif message['role'] == 'assistant' %}"
               "{{ message['content'] + eos_token }}{% endif %}{% endfor %}")
# Falcon3-*-Instruct, without its branch for tools
FALCON3 = ("{% for message in messages %}{% if message['role'] == 'system' %}"
           "{{ '<|system|>\n' + message['content'] + '\n' }}{% elif message['role'] == 'user' %}"
           "{{ '<|user|>\n' + message['content'] + '\n' }}{% elif message['role'] == 'assistant' %}"
           "{% if not loop.last %}{{ '<|assistant|>\n'  + message['content'] + eos_token + '\n' }}"
           "{% else %}{{ '<|assistant|>\n'  + message['content'] + eos_token }}{% endif %}{% endif %}"
           "{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}{% endfor %}")
CHATML = ("{{bos_token}}{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
          "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
          "{{ '<|im_start|>assistant\n' }}{% endif %}")
PLAIN = "{% for message in messages %}{{ message['content'] + '\n' }}{% endfor %}"
# Zephyr's ends user messages with eos; Llama 3.1's and Qwen2.5's have dates or texts of their own.
OTHERS = [
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] + eos_token }}"
    "{% elif message['role'] == 'assistant' %}{% if not loop.last %}{{ '<|assistant|>' + message['content'] }}"
    "{% endif %}{% endif %}{% endfor %}",
    LLAMA3.replace("{{ content }}", "{{ 'Cutting Knowledge Date: December 2023' + content }}"),
    CHATML.replace("{{bos_token}}", "{{ 'You are a helpful assistant' }}"),
    "A chat between System: and User: " + BITNET,
    "[INST] {{ messages[0]['content'] }} [/INST]",
    "{{ '",
]
FORMATS = {"llama3": (LLAMA3, LLAMA3), "bitnet": (BITNET, BITNET), "bitnet_gguf": (BITNET_GGUF, BITNET),
           "falcon3": (FALCON3, FALCON3), "chatml": (CHATML, CHATML), "plain": (None, PLAIN)}


def conversation(r: random.Random, pool: list[int]) -> list[dict]:
    def content() -> str:
        text = base.random_text(r, pool).replace(base.END, "x").replace(base.TOOL, "y")
        space = ["", " ", "\n", "\t ", "\u00a0", "\u3000", "\u2028", "\u0085 ", "\x1f"]
        return r.choice(space) + text + r.choice(space)
    messages = [{"role": "system", "content": content()}] if r.randrange(2) else []
    for _ in range(r.randrange(1, 4)):
        messages += [{"role": "user", "content": content()}, {"role": "assistant", "content": content()}]
    return messages[:-1] if r.randrange(2) else messages


def write_cases(path: Path, tok: Tokenizer, template: str, r: random.Random) -> None:
    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)
    pool = [i for i in range(1, 0x110000) if base.known(i)]
    with path.open("wb") as f:
        for _ in range(300):
            messages, answer = conversation(r, pool), r.randrange(2)
            text = jinja.render(messages=messages, add_generation_prompt=bool(answer), bos_token=CONTROL[0],
                                eos_token=CONTROL[1])
            ids = tok.encode(text, add_special_tokens=False).ids
            if not text.startswith(CONTROL[0]):
                ids = [tok.token_to_id(CONTROL[0])] + ids
            f.write(struct.pack("<4I", len(messages), answer, len(text.encode()), len(ids)))
            for m in messages:
                data = m["content"].encode()
                f.write(struct.pack("<2I", ROLES.index(m["role"]), len(data)) + data)
            f.write(text.encode() + struct.pack(f"<{len(ids)}I", *ids))


def write_chats(out: Path, r: random.Random) -> None:
    tok = vocabularies.train(vocabularies.PRE["llama-bpe"](), 700, CONTROL)
    texts, _, merges = base.pieces(tok)
    kinds = [int(TokenType.CONTROL if t in CONTROL else TokenType.NORMAL) for t in texts]

    def write(name: str, template: str | None) -> None:
        base.write(out / f"{name}.gguf", texts, kinds, merges, pre="dbrx", bos=texts.index(CONTROL[0]),
                   eos=texts.index(CONTROL[1]), template=template)

    for name, (template, meant) in FORMATS.items():
        write(f"chat_{name}", template)
        write_cases(out / f"chat_{name}.cases", tok, meant, r)
    for i, template in enumerate(OTHERS):
        write(f"chat_other{i}", template)
