package spec

import "strings"

// A Context is a set of blocks.
type Context uint32

const (
	Main Context = 1 << iota
	Events
	HTTP
	Server
	Location
	ServerIf    // if in server
	LocationIf  // if in location
	LimitExcept // limit_except in location
	Upstream    // upstream in http
	Stream
	StreamServer
	StreamUpstream
	Mail
	MailServer
	Mgmt
)

// Any is every block.
const Any = Mgmt<<1 - 1

var contextNames = []struct {
	c    Context
	name string
}{
	{Main, "main"}, {Events, "events"}, {HTTP, "http"}, {Server, "server"}, {Location, "location"},
	{ServerIf, "if in server"}, {LocationIf, "if in location"}, {LimitExcept, "limit_except"},
	{Upstream, "upstream"}, {Stream, "stream"}, {StreamServer, "stream server"},
	{StreamUpstream, "stream upstream"}, {Mail, "mail"}, {MailServer, "mail server"}, {Mgmt, "mgmt"},
}

// String lists the blocks of c.
func (c Context) String() string {
	var names []string
	for _, n := range contextNames {
		if c&n.c != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

// nameless are the blocks that share the location they stand in.
const nameless = ServerIf | LocationIf | LimitExcept

// An Arity is a set of argument counts; bit n stands for n arguments, and the
// highest for that many or more.
type Arity uint16

const manyArgs = 15

// Exactly is n arguments, no more and no less.
func Exactly(n int) Arity { return 1 << n }

// Between is lo to hi arguments.
func Between(lo, hi int) Arity { return 1<<(hi+1) - 1<<lo }

// AtLeast is n arguments or more.
func AtLeast(n int) Arity { return ^Arity(0) << n }

// Has reports whether n arguments are allowed.
func (a Arity) Has(n int) bool { return a&(1<<min(n, manyArgs)) != 0 }
