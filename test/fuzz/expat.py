"""Reads documents with expat: a base64 text a line in, a JSON outcome a line out (see xml-oracles.ts)."""
import base64
import json
import re
import sys
from xml.parsers import expat

# Not a character of XML: expat refuses namespaces that have the separator in them.
SEPARATOR = '\x01'
STREAMS = 'http://etherx.jabber.org/streams'


class Stop(Exception):
    pass


def split(name):
    ns, _, local = name.rpartition(SEPARATOR)
    return ns, local


def read(document):
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.ordered_attributes = True
    events = []
    stack = []
    end = ['open']

    def stop(why):
        end[0] = why
        raise Stop()

    def start(name, flat):
        ns, local = split(name)
        if len(stack) == 1 and (local, ns) == ('stream', STREAMS):
            stop('second-header')
        if len(stack) == 1 and ns == 'http://www.w3.org/XML/1998/namespace':
            stop('xml-element')
        attrs = []
        for i in range(0, len(flat), 2):
            attr_ns, attr = split(flat[i])
            attrs.append(['{%s}%s' % (attr_ns, attr) if attr_ns else attr, flat[i + 1]])
        element = [ns, local, sorted(attrs), []]
        if not stack:
            events.append([ns, local])
        stack.append(element)

    def finish(_):
        element = stack.pop()
        if not stack:
            stop('closed')
        if len(stack) == 1:
            events.append(element)
        else:
            stack[-1][3].append(element)

    def text(data):
        if len(stack) == 1:
            written = document[parser.CurrentByteIndex:parser.CurrentByteIndex + 1]
            if data.strip(' \t\r\n') or written == b'&':
                stop('stream-text')
        elif stack:
            children = stack[-1][3]
            if children and isinstance(children[-1], str):
                children[-1] += data
            else:
                children.append(data)

    def cdata():
        if len(stack) == 1:
            stop('stream-text')

    def declaration(version, encoding, _):
        if not re.fullmatch(r'1\.[0-9]+', version or ''):
            stop('error')
        if encoding and encoding.upper() != 'UTF-8':
            stop('encoding')

    def restricted(*_):
        stop('restricted')

    parser.StartElementHandler = start
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = text
    parser.StartCdataSectionHandler = cdata
    parser.XmlDeclHandler = declaration
    parser.CommentHandler = restricted
    parser.ProcessingInstructionHandler = restricted
    parser.StartDoctypeDeclHandler = restricted
    detail = ''
    try:
        parser.Parse(document, False)
    except Stop:
        pass
    except expat.ExpatError as error:
        end[0] = 'error'
        detail = str(error)
    return {'events': events, 'end': end[0], 'detail': detail}


for line in sys.stdin:
    print(json.dumps(read(base64.b64decode(line))), flush=False)
