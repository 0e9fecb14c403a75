"""Compares Lamina's syntax trees with Python's own: kinds, nesting, values and places of every node.

    python3 tests/syntax_vs_python.py PATH/lamina_parse_files FILE_OR_FOLDER...

Files that Python itself refuses are left out. Exit status 1 where a tree differs.
"""

import ast
import subprocess
import sys
import warnings
from pathlib import Path

ARGUMENT_FIELDS = {"func", "args", "keywords", "bases"}


class Printer:
    """Writes a tree of Python's ast in the form of compiler/syntax/print.h."""

    def __init__(self, text):
        self.source = text.splitlines(keepends=True)
        self.lines = ["Module"]
        self.depth = 1
        self.place = True

    def column(self, line, offset):
        encoded = self.physical[line - 1].encode()
        return len(encoded[:offset].decode(errors="replace")) + 1

    def add(self, label, node, text):
        at = ""
        if self.place and hasattr(node, "lineno"):
            begin = self.column(node.lineno, node.col_offset)
            end = self.column(node.end_lineno, node.end_col_offset)
            at = f" @{node.lineno}:{begin}-{node.end_lineno}:{end}"
        self.lines.append("  " * self.depth + f"{label}: {text}{at}")

    def quoted(self, data):
        return "'" + "".join(
            f"\\x{c:02x}" if c < 0x20 or c > 0x7E or c in b"'\\" else chr(c) for c in data
        ) + "'"

    def constant(self, value):
        if value is None or value is True or value is False:
            return str(value)
        if value is ...:
            return "Ellipsis"
        if isinstance(value, int):
            return f"Int {value}" if value < 2**63 else "Int too large"
        if isinstance(value, float):
            return f"Float {value:.17g}"
        if isinstance(value, complex):
            return f"Imaginary {value.imag:.17g}"
        if isinstance(value, bytes):
            return f"Bytes {self.quoted(value)}"
        return f"Str {self.quoted(value.encode('utf-8', 'surrogatepass'))}"

    def nested(self, parts):
        self.depth += 1
        for label, child in parts:
            if child is not None:
                self.node(label, child)
        self.depth -= 1

    def parameters(self, args):
        positional = args.posonlyargs + args.args
        defaults = [None] * (len(positional) - len(args.defaults)) + args.defaults
        rows = [("posonlyarg" if i < len(args.posonlyargs) else "arg", a, d)
                for i, (a, d) in enumerate(zip(positional, defaults))]
        rows += [("vararg", args.vararg, None)] if args.vararg else []
        rows += [("kwonlyarg", a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults)]
        rows += [("kwarg", args.kwarg, None)] if args.kwarg else []
        for kind, arg, default in rows:
            self.lines.append("  " * self.depth + f"args: {kind} {arg.arg}")
            self.nested([("annotation", arg.annotation), ("default", default)])

    def call_arguments(self, label, args, keywords):
        """In the order written: Python keeps the two kinds apart."""
        everything = sorted(args + keywords, key=lambda a: (a.lineno, a.col_offset))
        out = []
        for argument in everything:
            if isinstance(argument, ast.keyword):
                out.append((argument.arg or "**", argument.value))
            elif isinstance(argument, ast.Starred):
                out.append(("starred", argument.value))
            else:
                out.append((label, argument))
        return out

    def children(self, node):
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                for child in value:
                    yield field, child
            elif isinstance(value, ast.AST) and not isinstance(
                    value, (ast.operator, ast.unaryop, ast.boolop, ast.expr_context)):
                yield field, value

    def node(self, label, node):
        method = getattr(self, "visit_" + type(node).__name__, None)
        if method:
            method(label, node)
        else:
            detail = "".join(
                " " + (str(value) if isinstance(value, str) else type(value).__name__)
                for field in ("name", "id", "attr", "op")
                if (value := getattr(node, field, None)) is not None)
            self.add(label, node, type(node).__name__ + detail)
            self.nested(self.children(node))

    def visit_Constant(self, label, node):
        self.add(label, node, self.constant(node.value))

    def visit_Call(self, label, node):
        self.add(label, node, "Call")
        self.nested([("func", node.func)] + self.call_arguments("args", node.args, node.keywords))

    def visit_ClassDef(self, label, node):
        self.add(label, node, f"ClassDef {node.name}")
        self.nested(self.call_arguments("bases", node.bases, node.keywords)
                    + [("body", s) for s in node.body] + [("decorator_list", d) for d in node.decorator_list])

    def visit_FunctionDef(self, label, node):
        self.add(label, node, f"{type(node).__name__} {node.name}")
        self.depth += 1
        self.parameters(node.args)
        self.depth -= 1
        self.nested([("body", s) for s in node.body] + [("decorator_list", d) for d in node.decorator_list]
                    + [("returns", node.returns)])

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, label, node):
        self.add(label, node, "Lambda")
        self.depth += 1
        self.parameters(node.args)
        self.depth -= 1
        self.nested([("body", node.body)])

    def visit_Dict(self, label, node):
        self.add(label, node, "Dict")
        parts = []
        for key, value in zip(node.keys, node.values):
            parts += [("key", key), ("value", value)] if key else [("**", value)]
        self.nested(parts)

    def visit_Compare(self, label, node):
        self.add(label, node, "Compare")
        self.nested([("left", node.left)]
                    + [(type(op).__name__, right) for op, right in zip(node.ops, node.comparators)])

    def visit_NamedExpr(self, label, node):
        self.add(label, node, f"NamedExpr {node.target.id}")
        self.nested([("value", node.value)])

    def visit_JoinedStr(self, label, node):
        """Python 3.11 gives what is inside an f-string no reliable place."""
        self.add(label, node, "JoinedStr")
        place, self.place = self.place, False
        self.nested([("values", v) for v in node.values])
        self.place = place

    def visit_FormattedValue(self, label, node):
        self.add(label, node, "FormattedValue " + (chr(node.conversion) if node.conversion > 0 else "-"))
        self.nested([("value", node.value), ("format_spec", node.format_spec)])

    def visit_comprehension(self, label, node):
        self.add(label, node, "comprehension" + (" async" if node.is_async else ""))
        self.nested([("target", node.target), ("iter", node.iter)] + [("ifs", c) for c in node.ifs])

    def visit_Global(self, label, node):
        self.add(label, node, type(node).__name__)
        for name in node.names:
            self.lines.append("  " * (self.depth + 1) + f"names: {name}")

    visit_Nonlocal = visit_Global

    def visit_ImportFrom(self, label, node):
        self.add(label, node, f"ImportFrom {node.level} {node.module or ''}")
        self.nested([("names", a) for a in node.names])

    def visit_alias(self, label, node):
        self.add(label, node, f"alias {node.name}" + (f" as {node.asname}" if node.asname else ""))

    def visit_Try(self, label, node):
        self.star = type(node).__name__ == "TryStar"
        self.add(label, node, "Try")
        star = "*" if self.star else ""
        self.depth += 1
        for statement in node.body:
            self.node("body", statement)
        for handler in node.handlers:
            self.add("handlers", handler, f"ExceptHandler{star} {handler.name or '-'}")
            self.nested([("type", handler.type)] + [("body", s) for s in handler.body])
        self.depth -= 1
        self.nested([("orelse", s) for s in node.orelse] + [("finalbody", s) for s in node.finalbody])

    visit_TryStar = visit_Try

    def visit_MatchSingleton(self, label, node):
        self.add(label, node, "MatchSingleton")
        self.depth += 1
        self.add("value", node, self.constant(node.value))
        self.depth -= 1

    def visit_MatchStar(self, label, node):
        self.add(label, node, f"{type(node).__name__} {node.name or '_'}")
        self.nested([("pattern", getattr(node, "pattern", None))])

    visit_MatchAs = visit_MatchStar

    def visit_MatchMapping(self, label, node):
        self.add(label, node, "MatchMapping")
        parts = []
        for key, pattern in zip(node.keys, node.patterns):
            parts += [("key", key), ("patterns", pattern)]
        self.nested(parts)
        if node.rest:
            self.lines.append("  " * (self.depth + 1) + f"rest: {node.rest}")

    def visit_MatchClass(self, label, node):
        self.add(label, node, "MatchClass")
        self.nested([("value", node.cls)] + [("patterns", p) for p in node.patterns]
                    + list(zip(node.kwd_attrs, node.kwd_patterns)))


def python_listing(data):
    text = data.decode("utf-8-sig")
    tree = ast.parse(text)
    printer = Printer(text)
    printer.physical = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for statement in tree.body:
        printer.node("body", statement)
    return printer.lines


def without_inner_places(lines):
    """Drops the places of what is inside f-strings, as visit_JoinedStr does."""
    out, limit = [], None
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if limit is not None and depth > limit:
            out.append(line.rpartition(" @")[0] if " @" in line and line.rpartition(" @")[2][:1].isdigit() else line)
            continue
        limit = depth if ": JoinedStr" in line and line.split(": ")[1].startswith("JoinedStr") else None
        out.append(line)
    return out


def compare(tool, path):
    data = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = python_listing(data)
    except (SyntaxError, ValueError, RecursionError):
        return None
    run = subprocess.run([tool, "--print", path], capture_output=True)
    found = without_inner_places(run.stdout.decode().splitlines())
    for number, (a, b) in enumerate(zip(expected, found)):
        if a.rstrip() != b.rstrip():
            print(f"{path}: line {number + 1} of the listing\n  python: {a.strip()}\n  lamina: {b.strip()}")
            return False
    if len(expected) != len(found):
        print(f"{path}: python has {len(expected)} lines, lamina {len(found)}: {run.stderr.decode()[:300]}")
        return False
    return True


def main():
    tool, *names = sys.argv[1:]
    paths = [p for name in names for p in (sorted(Path(name).rglob("*.py")) if Path(name).is_dir() else [Path(name)])]
    results = [compare(tool, path) for path in paths]
    print(f"{results.count(True)} files agree, {results.count(False)} differ, "
          f"{results.count(None)} are left out: Python refuses them")
    sys.exit(1 if False in results else 0)


main()
