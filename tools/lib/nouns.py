"""Who leads to whom in lib/ and drivers/.

A noun is x.c together with x.h. It leads to another by an include of its header, and by
a call of a function that the other defines. A call through a pointer leads nowhere: it
is how what stands above is told.

The reader relies on what clang-format keeps: a function's name and its closing brace
stand at the start of a line.
"""
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOTS = ('lib', 'drivers')
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
MACRO = re.compile(r'[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?')
FUNCTION = re.compile(r'^(?P<type>[A-Za-z_][^\n;{}()]*)\n(?P<name>\w+)(?P<text>\([^;{}]*\)\s*\{.*?)^\}',
                      re.MULTILINE | re.DOTALL)
CALL = re.compile(r'(?P<member>(?:\.|->)\s*)?\b(?P<name>[A-Za-z_]\w*)\s*\(')
POINTER = re.compile(r'\(\s*\*\s*(?:const\s+)?(\w+)\s*(?:\[[^]]*\]\s*)?\)\s*\(')


class Edge(NamedTuple):
    kind: str    # 'includes' or 'calls'
    source: str  # nouns, like lib/buf/chain
    target: str
    file: str
    line: int
    what: str    # the header or the function

    def __str__(self):
        of = '' if self.kind == 'includes' else f' of {self.target}'
        return f'{self.file}:{self.line} {self.kind} {self.what}{of}'


def blank(match):
    return re.sub(r'[^\n]', ' ', match[0])


class Source:
    """One file: its functions, and what shadows a function of another file."""

    def __init__(self, path):
        text = path.read_text()
        self.path = path.as_posix()
        self.noun = path.with_suffix('').as_posix()
        self.includes = [(match[1], line_of(text, match.start()))
                         for match in INCLUDE.finditer(NOT_CODE.sub(keep_strings, text))]
        code = NOT_CODE.sub(blank, text)
        directives = list(DIRECTIVE.finditer(code))
        self.text = DIRECTIVE.sub(blank, code)
        self.macros, self.bodies = set(), []
        for directive in directives:
            macro = MACRO.match(directive[0])
            if macro:
                if macro[2]:
                    self.macros.add(macro[1])
                self.bodies.append((directive.start() + macro.end(), directive[0][macro.end():]))
        self.public, self.own = set(), set()
        for function in FUNCTION.finditer(self.text):
            static = re.search(r'\bstatic\b', function['type'])
            # What is static in a header is everybody's who includes it.
            hidden = static and path.suffix == '.c'
            (self.own if hidden else self.public).add(function['name'])
            self.bodies.append((function.start('text'), function['text']))
        for line in self.text.splitlines():
            if line and not line[0].isspace():
                self.own.update(POINTER.findall(line))

    def calls(self):
        for start, body in self.bodies:
            pointers = set(POINTER.findall(body))
            for call in CALL.finditer(body):
                if not call['member'] and call['name'] not in pointers:
                    yield call['name'], start + call.start('name')


def keep_strings(match):
    return match[0] if match[0][0] == '"' else blank(match)


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def header_of(name, source, paths):
    beside = Path(source.path).parent / name
    for path in (f'lib/{name}', f'drivers/{name}', beside.as_posix()):
        if path in paths:
            return path
    return None


def definer(name, source, places):
    """The noun that a call of this name leads to: the caller's own, the one of its folder,
    or the only one."""
    nouns = places.get(name, set())
    folder = source.noun.rpartition('/')[0]
    near = {noun for noun in nouns if noun.rpartition('/')[0] == folder}
    if source.noun in nouns or not nouns:
        return source.noun
    if len(near or nouns) > 1:
        raise SystemExit(f'{source.path} calls {name}, which is defined in each of '
                         f'{", ".join(sorted(near or nouns))}')
    return min(near or nouns)


def read_edges():
    """All edges between nouns below the current folder, in the order of their places."""
    files = [path for root in ROOTS for path in sorted(Path(root).rglob('*.[ch]'))]
    sources = {path.as_posix(): Source(path) for path in files}
    places = defaultdict(set)
    for source in sources.values():
        for name in source.public:
            places[name].add(source.noun)
    edges = []
    for source in sources.values():
        shadows = source.own | source.macros
        for name, line in source.includes:
            header = header_of(name, source, sources)
            target = sources[header].noun if header else None
            if header:
                shadows |= sources[header].macros
            if target and target != source.noun:
                edges.append(Edge('includes', source.noun, target, source.path, line, name))
        for name, offset in source.calls():
            target = source.noun if name in shadows else definer(name, source, places)
            if target != source.noun:
                edges.append(Edge('calls', source.noun, target, source.path,
                                  line_of(source.text, offset), name))
    return edges
