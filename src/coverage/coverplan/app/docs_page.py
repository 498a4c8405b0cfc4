"""The interface described on a plain page: no script, nothing fetched."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{font:600 1rem ui-monospace,monospace;margin:2rem 0 .25rem}code,pre{font:13px ui-monospace,monospace}"
    "pre{background:#f4f4f2;padding:.75rem;overflow:auto}p{margin:.25rem 0}"
)


def docs_page(description: dict[str, Any]) -> str:
    """Write an OpenAPI description as an HTML page: every operation, what it takes and what it answers."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>coverplan interface</title>",
        f"<style>{_STYLE}</style>",
        f"<h1>{escape(description['info']['title'])} {escape(description['info']['version'])}</h1>",
        f"<p>{escape(description['info']['description'])}</p>",
        "<p>The same for programs: <a href='/openapi.json'>/openapi.json</a>.</p>",
    ]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            parts.append(_operation(path, method, operation))
    forms = description.get("components", {}).get("schemas", {})
    parts.append("<h1>Forms</h1>")
    for name, form in forms.items():
        text = json.dumps(form, ensure_ascii=False, indent=1)
        parts.append(f"<h2 id='{escape(name)}'>{escape(name)}</h2><pre>{escape(text)}</pre>")
    return "".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    takes = [
        f"{one['name']} ({one['in']}{', needed' if one.get('required') else ''})"
        for one in operation.get("parameters", ())
    ]
    body = _form_of(operation.get("requestBody", {}))
    answers = [
        f"{code}: {_form_of(answer) or escape(answer.get('description', ''))}"
        for code, answer in operation.get("responses", {}).items()
        if code.startswith("2")
    ]
    return (
        f"<h2>{escape(method.upper())} {escape(path)}</h2>"
        f"<p>{escape(operation.get('description') or operation.get('summary') or '')}</p>"
        + (f"<p>takes {escape(', '.join(takes))}</p>" if takes else "")
        + (f"<p>body {body}</p>" if body else "")
        + f"<p>answers {'; '.join(answers)}</p>"
    )


def _form_of(part: dict[str, Any]) -> str:
    for content in part.get("content", {}).values():
        name = str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
        if name:
            return f"<a href='#{escape(name)}'><code>{escape(name)}</code></a>"
    return ""
