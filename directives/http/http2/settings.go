package http2

import (
	"errors"

	"understudy/directives/spec"
)

var errTooSmall = errors.New("value is too small")

// size accepts a size that check finds nothing wrong with.
func size(field func(*conf) *spec.Value[int64], check func(*spec.Call, int64) error) spec.Setter[conf] {
	return spec.Accept(why, spec.Scalar(field, spec.Size, spec.Exactly(1), nil, func(call *spec.Call) (int64, error) {
		n, ok := spec.ParseSize(call.Args[0].Text, false)
		if !ok {
			return 0, errors.New("invalid value")
		}
		return n, check(call, n)
	}))
}

func powerOfTwo(call *spec.Call) (int, error) {
	n, ok := spec.ParseNumber(call.Args[0].Text)
	switch {
	case !ok:
		return 0, errors.New("invalid number")
	case n == 0 || n&(n-1) != 0:
		return 0, errors.New("must be a power of two")
	}
	return n, nil
}

// obsolete is a directive that nginx ignores, too, with a warning.
func obsolete(name string, in spec.Context, instead string) spec.Directive[conf] {
	return spec.Directive[conf]{
		Name: name, In: in, Args: spec.Exactly(1), Syntax: "…",
		Doc: "Is obsolete.",
		Set: spec.Ignore[conf]("nginx ignores it", func(call *spec.Call) error {
			if instead != "" {
				call.Warnf(-1, "obsolete", `the "%s" directive is obsolete, use the "%s" directive instead`, name, instead)
			} else {
				call.Warnf(-1, "obsolete", `the "%s" directive is obsolete, ignored`, name)
			}
			return nil
		}),
	}
}
