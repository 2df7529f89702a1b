package spec

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
)

// A Value is a setting that knows where it was given.
type Value[T any] struct {
	V      T
	set    bool
	merged bool     // V has what the block around has, too
	Pos    diag.Pos // not valid: the default, or never given
}

// Given reports whether the value was given, here or in an outer block, by a
// directive or its default.
func (v *Value[T]) Given() bool { return v.set }

// Give sets the value as a directive at a place does.
func (v *Value[T]) Give(x T, at diag.Pos) { *v = Value[T]{V: x, set: true, Pos: at} }

func (v *Value[T]) inherit(parent *Value[T]) {
	if !v.set {
		*v = *parent
	}
}

// Merge adds what the block around has in a list to what a block gives itself.
func Merge[T any](v, outer *Value[[]T]) {
	if outer.set {
		v.V, v.merged = slices.Concat(v.V, outer.V), true
	}
}

// A Kind is what a directive's arguments are, for completion and check.
type Kind int8

const (
	Words Kind = iota
	Flag
	Number
	Size
	Time
	Enum
	Text // may contain variables
	List
)

// A Setter stores a directive in a configuration and inherits it.
type Setter[C any] struct {
	kind    Kind
	args    Arity
	values  []string
	state   State
	why     string
	set     func(*C, *Call) error
	inherit func(child, parent *C, nameless bool)
	local   bool // not all blocks inside may see it
	visible bool // without inherit: blocks inside may see it
	isSet   func(*C) bool
	pos     func(*C) diag.Pos
	merged  func(*C) bool // nil: never
}

// As is s with another kind: for something that Fill stores and that is no list.
func (s Setter[C]) As(k Kind) Setter[C] {
	s.kind = k
	return s
}

// Inheriting is s with a rule of its own about what inner blocks inherit, those
// that say nothing included: f gives child what it is to have of parent.
func (s Setter[C]) Inheriting(f func(child, parent *C)) Setter[C] {
	s.local = true
	s.inherit = func(child, parent *C, _ bool) { f(child, parent) }
	return s
}

// Checked is s with a check of the block, the directive included, behind it.
func (s Setter[C]) Checked(f func(*C, *Call) error) Setter[C] {
	set := s.set
	s.set = func(c *C, call *Call) error {
		if err := set(c, call); err != nil {
			return err
		}
		return f(c, call)
	}
	return s
}

// Visible is s, which is not inherited, for something that blocks inside may see:
// nothing looks for it there. Those that say nothing of the module are spared a
// configuration of their own.
func (s Setter[C]) Visible() Setter[C] {
	s.visible = true
	return s
}

// ErrDuplicate is what nginx says of a directive that is given twice.
var ErrDuplicate = errors.New("is duplicate")

// Scalar stores what parse makes of a directive. Given twice in one block, it
// is a duplicate; an inner block that does not give it has the outer value.
func Scalar[C, T any](field func(*C) *Value[T], kind Kind, args Arity, values []string, parse func(*Call) (T, error)) Setter[C] {
	return Setter[C]{
		kind:   kind,
		args:   args,
		values: values,
		set: func(c *C, call *Call) error {
			if field(c).set {
				return ErrDuplicate
			}
			x, err := parse(call)
			if err == nil {
				field(c).Give(x, call.Pos())
			}
			return err
		},
		inherit: func(child, parent *C, _ bool) { field(child).inherit(field(parent)) },
		isSet:   func(c *C) bool { return field(c).set },
		pos:     func(c *C) diag.Pos { return field(c).Pos },
	}
}

// SetFlag stores "on" or "off".
func SetFlag[C any](field func(*C) *Value[bool]) Setter[C] {
	return Scalar(field, Flag, Exactly(1), []string{"on", "off"}, func(c *Call) (bool, error) { return c.Flag(0) })
}

// SetNumber stores a number from lo to hi; hi of 0 is no bound.
func SetNumber[C any](field func(*C) *Value[int], lo, hi int) Setter[C] {
	return Scalar(field, Number, Exactly(1), nil, func(c *Call) (int, error) {
		n, ok := ParseNumber(c.Args[0].Text)
		switch {
		case !ok:
			return 0, errors.New("invalid number")
		case hi == 0 && n < lo:
			return 0, c.Errorf(0, "value must be equal to or greater than %d", lo)
		case hi != 0 && (n < lo || n > hi):
			return 0, c.Errorf(0, "value must be between %d and %d", lo, hi)
		}
		return n, nil
	})
}

// SetSize stores a size in bytes, such as "8k" or "1m"; gigabytes are taken
// only if big.
func SetSize[C any](field func(*C) *Value[int64], big bool) Setter[C] {
	return Scalar(field, Size, Exactly(1), nil, func(c *Call) (int64, error) {
		n, ok := ParseSize(c.Args[0].Text, big)
		if !ok {
			return 0, errors.New("invalid value")
		}
		return n, nil
	})
}

// SetTime stores a duration such as "1h30m" or "500ms"; whole seconds only
// unless millis.
func SetTime[C any](field func(*C) *Value[time.Duration], millis bool) Setter[C] {
	return Scalar(field, Time, Exactly(1), nil, func(c *Call) (time.Duration, error) {
		d, ok := ParseTime(c.Args[0].Text, millis)
		if !ok {
			return 0, errors.New("invalid value")
		}
		return d, nil
	})
}

// SetEnum stores one of the keys of names, in whatever case it is written.
func SetEnum[C, T any](field func(*C) *Value[T], names map[string]T) Setter[C] {
	return Scalar(field, Enum, Exactly(1), slices.Sorted(maps.Keys(names)), func(c *Call) (T, error) {
		for name, x := range names {
			if strings.EqualFold(name, c.Args[0].Text) {
				return x, nil
			}
		}
		var zero T
		return zero, c.Errorf(0, `invalid value "%s"`, c.Args[0].Text)
	})
}

// SetText stores a word as it is.
func SetText[C any](field func(*C) *Value[string]) Setter[C] {
	return Scalar(field, Text, Exactly(1), nil, func(c *Call) (string, error) { return c.Args[0].Text, nil })
}

// SetTemplate stores a text that may contain variables of requests.
func SetTemplate[C any](field func(*C) *Value[*httpd.Template]) Setter[C] {
	return Scalar(field, Text, Exactly(1), nil, func(c *Call) (*httpd.Template, error) { return c.Template(0) })
}

// SetPredicates stores texts with variables of requests, of which httpd.Request.Any
// says whether one is neither empty nor 0. (ngx_http_set_predicate_slot)
func SetPredicates[C any](field func(*C) *Value[[]*httpd.Template]) Setter[C] {
	s := Fill(field, func(list *[]*httpd.Template, c *Call) error {
		for i := range c.Args {
			t, err := c.Template(i)
			if err != nil {
				return err
			}
			*list = append(*list, t)
		}
		return nil
	})
	s.args = AtLeast(1)
	return s
}

// SetStreamTemplate stores a text that may contain variables of sessions.
func SetStreamTemplate[C any](field func(*C) *Value[*stream.Template]) Setter[C] {
	return Scalar(field, Text, Exactly(1), nil, func(c *Call) (*stream.Template, error) { return c.StreamTemplate(0) })
}

// Fill lets set add to a field. A block that gives the directive does not
// inherit what the block around it has in the field.
func Fill[C, T any](field func(*C) *Value[T], set func(*T, *Call) error) Setter[C] {
	return Setter[C]{
		kind: List,
		set: func(c *C, call *Call) error {
			v := field(c)
			if err := set(&v.V, call); err != nil {
				return err
			}
			if !v.set {
				v.Pos, v.set = call.Pos(), true
			}
			return nil
		},
		inherit: func(child, parent *C, _ bool) { field(child).inherit(field(parent)) },
		isSet:   func(c *C) bool { return field(c).set },
		pos:     func(c *C) diag.Pos { return field(c).Pos },
		merged:  func(c *C) bool { return field(c).merged },
	}
}

// AddTo fills a list with one element for each directive.
func AddTo[C, T any](field func(*C) *Value[[]T], parse func(*Call) (T, error)) Setter[C] {
	return Fill(field, func(list *[]T, call *Call) error {
		x, err := parse(call)
		if err == nil {
			*list = append(*list, x)
		}
		return err
	})
}

// Noted checks a directive and keeps no more of it than its place, by its name in
// a map that many directives share: a block pays nothing for those it does not
// give. Given twice in one block, it is a duplicate.
func Noted[C any](name string, places func(*C) *map[string]diag.Pos, args Arity, check func(*Call) error) Setter[C] {
	return Setter[C]{
		args: args,
		set: func(c *C, call *Call) error {
			m := places(c)
			if _, given := (*m)[name]; given {
				return ErrDuplicate
			}
			if err := check(call); err != nil {
				return err
			}
			if *m == nil {
				*m = map[string]diag.Pos{}
			}
			(*m)[name] = call.Pos()
			return nil
		},
		inherit: func(child, parent *C, _ bool) {
			m, outer := places(child), *places(parent)
			if *m == nil {
				*m = outer // nothing is added any more
				return
			}
			if at, given := outer[name]; given {
				if _, given = (*m)[name]; !given {
					(*m)[name] = at
				}
			}
		},
		isSet: func(c *C) bool {
			_, given := (*places(c))[name]
			return given
		},
		pos: func(c *C) diag.Pos { return (*places(c))[name] },
	}
}

// Do calls set. The directive is not inherited.
func Do[C any](set func(*C, *Call) error) Setter[C] { return Setter[C]{set: set} }

// Handler stores something that only the nameless blocks inside (if,
// limit_except) have too: a content handler such as proxy_pass.
func Handler[C, T any](field func(*C) *Value[T], parse func(*Call) (T, error)) Setter[C] {
	s := Scalar(field, Words, Exactly(1), nil, parse)
	s.local = true
	s.inherit = func(child, parent *C, nameless bool) {
		if nameless {
			field(child).inherit(field(parent))
		}
	}
	return s
}

// Ignore accepts a directive that has no effect here, for a reason. Its
// arguments are checked by check, if that is not nil.
func Ignore[C any](why string, check func(*Call) error) Setter[C] {
	return Setter[C]{state: Accepted, why: why, set: func(_ *C, call *Call) error {
		if check == nil {
			return nil
		}
		return check(call)
	}}
}

// Accept is s for a directive that is checked and then has no effect here, for
// a reason.
func Accept[C any](why string, s Setter[C]) Setter[C] {
	s.state, s.why = Accepted, why
	return s
}

// Refuse refuses a directive that cannot have its effect here, for a reason.
func Refuse[C any](why string) Setter[C] {
	return Setter[C]{state: Unsupported, why: why, set: func(*C, *Call) error {
		return errors.New("is not supported")
	}}
}

// NotYet refuses a directive, and says that it is not supported yet.
func NotYet[C any]() Setter[C] {
	return Setter[C]{state: Unsupported, why: "not supported yet", set: func(_ *C, call *Call) error {
		return call.fail(call.Pos(), "unsupported", "the %q directive is not supported yet", call.Name.Text)
	}}
}
