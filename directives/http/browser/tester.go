package browser

import "bytes"

// A tester tells browsers apart in one location.
type tester struct {
	modern
	ancient
	modernValue, ancientValue []byte
}

// isModern reports whether a User-Agent field, nil if there is none, is that
// of a modern browser.
func (t *tester) isModern(agent []byte) bool {
	if agent == nil {
		return t.unlisted
	}
	for _, v := range t.browsers {
		m := &masks[v.mask]
		if m.skip >= len(agent) {
			continue
		}
		_, rest, ok := bytes.Cut(agent[m.skip:], []byte(m.name))
		if !ok {
			continue
		}
		if more := m.add - len(m.name); more < len(rest) {
			return atLeast(rest[more:], v.least)
		}
	}
	if len(t.browsers) > 0 && !t.unlisted {
		return false
	}
	if t.netscape4 && len(agent) > len("Mozilla/4.72 ") && bytes.HasPrefix(agent, []byte("Mozilla/")) && agent[8] > '0' && agent[8] < '5' {
		return false
	}
	for _, part := range t.parts {
		if bytes.Contains(agent, []byte(part)) {
			return false
		}
	}
	return t.unlisted
}

// atLeast reports whether text begins with a version from least on.
func atLeast(text []byte, least uint64) bool {
	var p parser
	for _, c := range text {
		if !p.take(c) {
			break
		}
		if c == '.' && p.sum > least {
			return true
		}
	}
	return p.version() >= least
}

// A parser reads a version such as "1.5.0.4" as one number, in which each part
// has two digits.
type parser struct {
	sum, part uint64
	dots      int
}

// scales are what the parts are worth. Further parts are worth nothing.
var scales = [...]uint64{1000000, 10000, 100, 1}

func (p *parser) scaled() uint64 {
	if p.dots < len(scales) {
		return p.part * scales[p.dots]
	}
	return 0
}

// take takes a digit or a dot.
func (p *parser) take(c byte) bool {
	switch {
	case c >= '0' && c <= '9':
		p.part = p.part*10 + uint64(c-'0')
	case c == '.':
		p.sum += p.scaled()
		p.part = 0
		p.dots++
	default:
		return false
	}
	return true
}

func (p *parser) version() uint64 { return p.sum + p.scaled() }
