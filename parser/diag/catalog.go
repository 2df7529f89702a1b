package diag

import (
	"iter"
	"slices"
	"strings"
)

// An Entry documents one kind of finding. It is what "understudy why CODE" prints
// and what the rules of a SARIF report say.
type Entry struct {
	// ID is the stable code: NX and three digits, of which the first is the subject
	// (1 syntax and contexts, 2 routing, 3 proxying and upstreams, 4 WebSocket and
	// stream, 5 TLS, 6 files, 7 headers, 8 the machine, 9 versions of nginx). An ID
	// is never given to something else.
	ID string
	// Name is the Code of a Diagnostic of this kind, lower case with hyphens.
	Name string
	// Means says what it is to the user, and Fix what to do: whole sentences.
	Means, Fix string
	// Running is set if it is found where the configuration runs, not by check.
	Running bool
}

// catalog is all entries, a list for each part of the program that finds them.
var catalog = [][]Entry{
	syntaxEntries, argumentEntries, routingEntries, proxyEntries, streamEntries, tlsEntries,
	machineEntries, versionEntries, lintEntries, runEntries,
}

// Catalog yields all entries, in the order of the catalog.
func Catalog() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for _, list := range catalog {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// Find returns the entry with an ID, in any case, or a name; nil if there is none.
func Find(code string) *Entry {
	for e := range Catalog() {
		if e.Name == code || strings.EqualFold(e.ID, code) {
			return e
		}
	}
	return nil
}

// ID returns the stable code of d's kind, or its name if it has none.
func (d Diagnostic) ID() string {
	if e := Find(d.Code); e != nil {
		return e.ID
	}
	return d.Code
}

// Like returns the entries whose ID, name or text has all the words of a question.
func Like(words ...string) []*Entry {
	var out []*Entry
	for e := range Catalog() {
		text := strings.ToLower(e.ID + " " + e.Name + " " + e.Means)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, strings.ToLower(w)) }) {
			out = append(out, e)
		}
	}
	return out
}
