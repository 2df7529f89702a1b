package conformance

import (
	"bytes"
	"strings"
)

// An archive is a txtar file: a comment, then sections that each begin with a
// line "-- name --".
type archive struct {
	comment  string
	sections []section
}

type section struct{ name, text string }

func parseArchive(data []byte) *archive {
	a := new(archive)
	into := &a.comment
	for line := range strings.Lines(string(data)) {
		if name, ok := marker(line); ok {
			a.sections = append(a.sections, section{name: name})
			into = &a.sections[len(a.sections)-1].text
			continue
		}
		*into += strings.TrimSuffix(line, "\n") + "\n"
	}
	return a
}

func marker(line string) (name string, ok bool) {
	line, ok = strings.CutPrefix(strings.TrimRight(line, "\r\n"), "-- ")
	if !ok {
		return "", false
	}
	line, ok = strings.CutSuffix(line, " --")
	return strings.TrimSpace(line), ok && strings.TrimSpace(line) != ""
}

func (a *archive) format() []byte {
	var b bytes.Buffer
	b.WriteString(a.comment)
	for _, s := range a.sections {
		b.WriteString("-- " + s.name + " --\n" + s.text)
	}
	return b.Bytes()
}

// text returns the section called name.
func (a *archive) text(name string) (string, bool) {
	for _, s := range a.sections {
		if s.name == name {
			return s.text, true
		}
	}
	return "", false
}

// set replaces the section called name, or adds it behind the section after.
func (a *archive) set(name, after, text string) {
	at := len(a.sections)
	for i, s := range a.sections {
		switch s.name {
		case name:
			a.sections[i].text = text
			return
		case after:
			at = i + 1
		}
	}
	a.sections = append(a.sections, section{})
	copy(a.sections[at+1:], a.sections[at:])
	a.sections[at] = section{name, text}
}
