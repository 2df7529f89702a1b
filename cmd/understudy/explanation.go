package main

import (
	"unicode/utf8"

	"understudy/directives/spec"
)

// shape is the version of what explain --json prints. Fields may be added; it is
// counted up when one changes its meaning or goes.
const shape = 1

// An explanation is what explain found out, and what it prints as JSON:
//
//	request    what was asked
//	listen     the socket it arrives at
//	server     the server that has the last word
//	location   the location that has, its name as nginx's debug log has it after
//	           "using configuration", and the if or limit_except that applies in it
//	uri, args  as they are in the end
//	status     of our own answer; 0 if it is the upstream's to say, or there is none
//	redirect   the Location of the answer
//	file       that is sent
//	head       the head of our own answer
//	headers    the fields that directives add to it, or to the upstream's if that is
//	           answered with 200
//	upstream   who is asked: peers in the order in which they would be tried ("drawn":
//	           by lot), and the request with its body as the first would see it
//	           (request_base64 if it is no text); of a stream, what is sent first
//	steps      all that happened, in order: the phase, the directive or block, and what
//	           it came to; "candidate", "lost" and "location" are the search for the location
//	log        what the error log would say
//	variables  those of --var, null without a value
//	effective  what directives come to in the location: with --effective all that are given
//	           or have a default, otherwise those of which inheritance has discarded something
//
// Places are file, line and col of the word that a directive or block begins with;
// all steps have one.
type explanation struct {
	Shape     int         `json:"shape"`
	Request   inquiry     `json:"request"`
	Listen    arrival     `json:"listen"`
	Server    *server     `json:"server,omitempty"`
	Location  *location   `json:"location,omitempty"`
	URI       string      `json:"uri,omitempty"`
	Args      string      `json:"args,omitempty"`
	Status    int         `json:"status"`
	Redirect  string      `json:"redirect,omitempty"`
	File      string      `json:"file,omitempty"`
	Head      string      `json:"head,omitempty"`
	Headers   []field     `json:"headers,omitempty"`
	Upstream  *asked      `json:"upstream,omitempty"`
	Steps     []step      `json:"steps"`
	Log       []string    `json:"log,omitempty"`
	Variables []variable  `json:"variables,omitempty"`
	Effective []effective `json:"effective,omitempty"`
}

// A spot is a place in a file.
type spot struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

type inquiry struct {
	Method   string   `json:"method,omitempty"`
	Target   string   `json:"target,omitempty"`
	Scheme   string   `json:"scheme"`
	Host     string   `json:"host"`
	Client   string   `json:"client"`
	BodySize int64    `json:"body_size,omitempty"`
	SNI      string   `json:"sni,omitempty"`
	ALPN     []string `json:"alpn,omitempty"`
}

type arrival struct {
	Address string `json:"address"`
	Why     string `json:"why,omitempty"` // if it is not the port that was asked for
}

type server struct {
	Name string `json:"name"`
	Why  string `json:"why,omitempty"`
	spot
}

type location struct {
	Title string `json:"title"`
	Nginx string `json:"configuration"`
	spot
	Block *spot `json:"block,omitempty"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	By    string `json:"by"`
	spot
}

type asked struct {
	Name    string   `json:"name"`
	Peers   []string `json:"peers"`
	Drawn   bool     `json:"drawn,omitempty"`
	TLS     bool     `json:"tls,omitempty"`
	Request string   `json:"request,omitempty"`
	Base64  []byte   `json:"request_base64,omitempty"`
	Text    string   `json:"text,omitempty"` // the request for people, if it is none itself
	spot
}

func (a *asked) bytes(b []byte) {
	if utf8.Valid(b) {
		a.Request = string(b)
		return
	}
	a.Base64 = b
}

type step struct {
	Phase string `json:"phase"`
	Name  string `json:"name,omitempty"`
	Text  string `json:"text,omitempty"`
	Won   bool   `json:"won,omitempty"`
	spot
}

type variable struct {
	Name  string  `json:"name"`
	Value *string `json:"value"`
	Note  string  `json:"note,omitempty"`
}

func (v *variable) set(val []byte, ok bool) {
	if ok {
		s := string(val)
		v.Value = &s
	}
}

// An effective is what one directive comes to.
type effective struct {
	Name  string `json:"name"`
	Given []said `json:"given,omitempty"` // in force
	Lost  []lost `json:"lost,omitempty"`  // given in outer blocks, and not in force
}

type said struct {
	Text    string `json:"text"`
	Block   string `json:"block,omitempty"` // the head of the one it stands in
	Default bool   `json:"default,omitempty"`
	spot
}

type lost struct {
	said
	By *said `json:"by,omitempty"` // what hides it; none: it is not inherited
}

func (x *explanation) step(s step) { x.Steps = append(x.Steps, s) }

// settings adds what directives come to in a block: all of them, or those that are
// in force in part only.
func (x *explanation) settings(s *spec.Scope, all bool) {
	if s == nil {
		return
	}
	version := s.Env().Version
	describe := func(g spec.Given) said {
		out := said{Text: g.Text(version), Default: g.Directive == nil, spot: spotOf(g.Pos())}
		if g.Scope != nil {
			out.Block = g.Scope.Title()
		}
		return out
	}
	for _, f := range s.Effects() {
		if !all && !f.Hidden() {
			continue
		}
		e := effective{Name: f.Entry.Name}
		for _, g := range f.Given {
			e.Given = append(e.Given, describe(g))
		}
		for _, l := range f.Lost {
			out := lost{said: describe(l.Given)}
			if l.By.Entry != nil {
				by := describe(l.By)
				out.By = &by
			}
			e.Lost = append(e.Lost, out)
		}
		x.Effective = append(x.Effective, e)
	}
}
