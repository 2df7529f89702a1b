// Package parser reads nginx configurations into a tree of directives, in
// which every word has its text, its spelling and its place.
//
// The tree is gonginx's. The text is not: this package splits it by nginx's own
// lexical rules, hands gonginx one that it cannot misread, and walks gonginx's
// tree and its own words in step. It knows files and includes, and nothing
// about what a directive means.
//
// nginx runs a directive as soon as it has read it, so that of several errors
// the first in source order is the one it reports, be it of syntax or of
// meaning. For that reason nothing here fails as a whole: a place that cannot
// be read stands in the tree as a [Directive] with Err.
package parser

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tufanbarisyildirim/gonginx/config"
	gonginx "github.com/tufanbarisyildirim/gonginx/parser"

	"understudy/parser/diag"
)

// A Word is the name or an argument of a directive.
type Word struct {
	Text string // what it means: quotes and escapes resolved
	Raw  string // as it is written
	Pos  diag.Pos
}

// A Directive is one statement of a configuration, or the place of an error.
type Directive struct {
	Name   Word
	Args   []Word
	Block  []*Directive // nil if the directive ends with ";"
	Parent *Directive   // nil at the top; the block around the include for what is included
	End    diag.Pos     // the ";" or "{": nginx reports errors of the directive with this line
	Close  diag.Pos     // the "}"; no place if there is no block or it is not closed

	// Node is gonginx's view of the directive; nil if Err is not.
	Node config.IDirective

	// Err says that this is no directive but the place where reading failed.
	// Nothing of the same file follows it, nor of the file that it says
	// cannot be read. It has no name and no arguments.
	Err *diag.Diagnostic
}

// Written is the head of d, its name and arguments as they stand there, on one line.
func (d *Directive) Written() string {
	var b strings.Builder
	b.WriteString(d.Name.Raw)
	for _, w := range d.Args {
		b.WriteByte(' ')
		b.WriteString(w.Raw)
	}
	return b.String()
}

// Parse reads the text of one file. A syntax error is the last directive of
// the innermost block that is open there. Parse does not look at includes.
func Parse(file, src string) []*Directive {
	return parse(file, src, configFile, 0)
}

// parse reads a text that stands in blocks nested depth deep.
func parse(file, src string, k kind, depth int) []*Directive {
	sts, serr := scan(file, src, k, depth)
	conf, err := tree(sts)
	if err == nil {
		var ds []*Directive
		b := newBinder(file, sts, serr)
		if ds, err = b.bind(conf); err == nil {
			return ds
		}
	}
	return []*Directive{failure(&diag.Diagnostic{
		Pos: diag.Pos{File: file, Line: 1, Col: 1}, Line: 1, Severity: diag.Error, Code: "internal",
		Msg: "internal error: the configuration was read in two ways: " + err.Error(),
	}, nil)}
}

// failure returns a directive that stands for an error.
func failure(err *diag.Diagnostic, parent *Directive) *Directive {
	return &Directive{Name: Word{Pos: err.Pos}, End: err.Pos, Parent: parent, Err: err}
}

// tree returns gonginx's tree of the statements.
func tree(sts []statement) (conf *config.Config, err error) {
	defer func() {
		// gonginx panics at some texts. None that respell makes is
		// known to be one of them.
		if r := recover(); r != nil {
			err = fmt.Errorf("gonginx: %v", r)
		}
	}()
	return gonginx.NewStringParser(respell(sts), gonginx.WithSkipValidDirectivesErr(), gonginx.WithSkipComments()).Parse()
}

// respell writes the statements so that gonginx's lexer sees in them exactly
// the words that nginx's sees. Blocks that an error left open are closed.
func respell(sts []statement) string {
	n, depth := 0, 0
	for i := range sts {
		n++
		n += 2 * len(sts[i].words)
	}
	var b strings.Builder
	b.Grow(n + 64)
	for i := range sts {
		for j := range sts[i].words {
			b.WriteString(spelling(sts[i].words[j].Raw))
			b.WriteByte(' ')
		}
		switch b.WriteByte(sts[i].end); sts[i].end {
		case '{':
			depth++
		case '}':
			depth--
		}
	}
	for ; depth > 0; depth-- {
		b.WriteByte('}')
	}
	return b.String()
}

// spelling returns the spelling of a word for gonginx: its first byte, if that
// means the same to gonginx as to nginx, else a placeholder. More of it would
// not make the tree better, and is what gonginx spends its time on. Names for
// which gonginx has a type of its own are hidden from it that way, because these
// types reorder, reject or open what they hold.
func spelling(raw string) string {
	if common[raw[0]] {
		return raw[:1]
	}
	return "w"
}

// common are the bytes that mean the same to gonginx as to nginx at the start of a
// word. gonginx reads runes, ends at NUL and has three kinds of quotes.
var common = func() (t [256]bool) {
	for c := '!'; c <= '~'; c++ {
		t[c] = !strings.ContainsRune("\"'`\\{};#$", c)
	}
	return t
}()

// A binder walks gonginx's tree and the statements in step.
type binder struct {
	file string
	sts  []statement // those not yet met in the tree
	err  *diag.Diagnostic
	ds   []Directive  // room for all directives
	refs []*Directive // room for all lists of them
}

func newBinder(file string, sts []statement, err *diag.Diagnostic) *binder {
	n := 0
	for i := range sts {
		if sts[i].end != '}' {
			n++
		}
	}
	return &binder{file: file, sts: sts, err: err, ds: make([]Directive, n), refs: make([]*Directive, n+1)}
}

var errShape = errors.New("the trees differ")

func (b *binder) bind(conf *config.Config) ([]*Directive, error) {
	ds, err := b.block(conf.Block.Directives, nil)
	if err == nil && len(b.sts) > 0 {
		err = errShape
	}
	return ds, err
}

// block binds the directives of one block. The error of the text belongs to
// the block in which the statements end.
func (b *binder) block(nodes []config.IDirective, parent *Directive) ([]*Directive, error) {
	if len(nodes) > len(b.ds) {
		return nil, errShape
	}
	n := len(nodes)
	ds := b.refs[:n:n]
	b.refs = b.refs[n:]
	for i, node := range nodes {
		d, err := b.directive(node, parent)
		if err != nil {
			return nil, err
		}
		ds[i] = d
	}
	if len(b.sts) == 0 && b.err != nil {
		ds = append(ds, failure(b.err, parent))
		b.err = nil
	}
	return ds, nil
}

func (b *binder) directive(node config.IDirective, parent *Directive) (*Directive, error) {
	n, ok := node.(*config.Directive)
	if !ok || len(b.sts) == 0 || len(b.ds) == 0 {
		return nil, errShape
	}
	st := b.sts[0]
	block := n.GetBlock()
	if st.end == '}' || (st.end == '{') != (block != nil) || len(n.Parameters) != len(st.words)-1 || n.Name != spelling(st.words[0].Raw) {
		return nil, errShape
	}
	d := &b.ds[0]
	b.sts, b.ds = b.sts[1:], b.ds[1:]
	*d = Directive{
		Name: st.words[0], Args: st.words[1:], Parent: parent, Node: n,
		End: diag.Pos{File: b.file, Line: st.line, Col: st.col},
	}
	n.Name = d.Name.Raw
	n.Line = d.Name.Pos.Line
	for i := range n.Parameters {
		w := &d.Args[i]
		if n.Parameters[i].Value != spelling(w.Raw) {
			return nil, errShape
		}
		n.Parameters[i] = config.Parameter{Value: w.Raw, RelativeLineIndex: w.Pos.Line - n.Line}
	}
	if block == nil {
		return d, nil
	}
	var err error
	if d.Block, err = b.block(block.GetDirectives(), d); err != nil {
		return nil, err
	}
	if len(b.sts) == 0 {
		return d, nil // the block is not closed
	}
	if b.sts[0].end != '}' {
		return nil, errShape
	}
	d.Close = diag.Pos{File: b.file, Line: b.sts[0].line, Col: b.sts[0].col}
	b.sts = b.sts[1:]
	return d, nil
}
