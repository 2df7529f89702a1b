package httpcore

import (
	"errors"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
)

// Why directives have no effect here. Each must be true for whoever reads it
// in the output of check.
const (
	noHashes  = "hash tables need no tuning here"
	noPools   = "memory is not allocated from pools of a fixed size here"
	noAIO     = "a file that is slow to read keeps only its own request waiting"
	noDirect  = "files are read through the system's cache"
	noEvents  = "only kqueue tells nginx of changes, and Linux has none"
	noChunks  = "a response that is long keeps no other one waiting"
	noBuffers = "files are read into buffers of a fixed size that requests share"
	oneBuffer = "a body that is in memory is in one buffer"
)

// accepted are the directives that are checked and have no effect.
var accepted = []spec.Directive[conf]{
	accept("variables_hash_max_size", spec.HTTP, "size", noHashes, number),
	accept("variables_hash_bucket_size", spec.HTTP, "size", noHashes, number),
	accept("server_names_hash_max_size", spec.HTTP, "size", noHashes, number),
	accept("server_names_hash_bucket_size", spec.HTTP, "size", noHashes, number),
	accept("types_hash_max_size", anywhere, "size", noHashes, number),
	accept("types_hash_bucket_size", anywhere, "size", noHashes, number),
	accept("request_pool_size", servers, "size", noPools, func(call *spec.Call) error {
		_, err := poolSize(call)
		return err
	}),
	accept("client_body_in_single_buffer", anywhere, "on | off", oneBuffer, onOff),
	accept("sendfile_max_chunk", anywhere, "size", noChunks, size8),
	accept("aio", anywhere, "on | off | threads[=pool]", noAIO, checkAIO),
	accept("aio_write", anywhere, "on | off", noAIO, onOff),
	accept("read_ahead", anywhere, "size", noDirect, size8),
	accept("directio", anywhere, "size | off", noDirect, checkDirect),
	accept("directio_alignment", anywhere, "size", noDirect, bigSize),
	accept("send_lowat", anywhere, "size", "the system wakes writers when it sees fit", func(call *spec.Call) error {
		if err := size8(call); err != nil {
			return err
		}
		call.Warnf(-1, "send-lowat", `"send_lowat" is not supported, ignored`)
		return nil
	}),
	accept("open_file_cache_events", anywhere, "on | off", noEvents, onOff),
	{
		Name: "output_buffers", In: anywhere, Syntax: "number size", Default: "2 32k", Doc: "Sets the buffers that files are read into.",
		Set: spec.Accept(noBuffers, spec.SetBuffers(func(c *conf) *spec.Value[spec.Buffers] { return &c.outputBuffers })),
	},
}

// docs say what the directives would do.
var docs = map[string]string{
	"request_pool_size":            "Tunes nginx's memory allocation.",
	"client_body_in_single_buffer": "Keeps a body in one buffer.",
	"sendfile_max_chunk":           "Limits how much of a file is sent at once.",
	"aio":                          "Reads files without keeping the worker waiting.",
	"aio_write":                    "Writes temporary files without keeping the worker waiting.",
	"read_ahead":                   "Sets how much the kernel reads ahead.",
	"directio":                     "Reads files of this size and more past the system's cache.",
	"directio_alignment":           "Sets the alignment of reads past the cache.",
	"send_lowat":                   "Sets the low-water mark of sockets on systems that have it.",
	"open_file_cache_events":       "Learns of changes of files from the kernel.",
}

func accept(name string, in spec.Context, syntax, why string, check func(*spec.Call) error) spec.Directive[conf] {
	args := spec.Exactly(1)
	doc := docs[name]
	if doc == "" {
		doc = "Tunes a hash table of nginx."
	}
	return spec.Directive[conf]{
		Name: name, In: in, Args: args, Syntax: syntax, Doc: doc,
		Set: spec.Accept(why, spec.Noted(name, func(c *conf) *map[string]diag.Pos { return &c.accepted }, args, check)),
	}
}

var (
	errInvalidNumber = errors.New("invalid number")
	errInvalidValue  = errors.New("invalid value")
)

func number(call *spec.Call) error {
	if _, ok := spec.ParseNumber(call.Args[0].Text); !ok {
		return errInvalidNumber
	}
	return nil
}

func onOff(call *spec.Call) error {
	_, err := call.Flag(0)
	return err
}

func size8(call *spec.Call) error {
	if _, ok := spec.ParseSize(call.Args[0].Text, false); !ok {
		return errInvalidValue
	}
	return nil
}

func bigSize(call *spec.Call) error {
	if _, ok := spec.ParseSize(call.Args[0].Text, true); !ok {
		return errInvalidValue
	}
	return nil
}

func checkAIO(call *spec.Call) error {
	switch text := call.Args[0].Text; {
	case text == "on", text == "off", text == "threads":
		return nil
	case strings.HasPrefix(text, "threads="):
		_, err := call.TemplateOf(strings.TrimPrefix(text, "threads="), 0)
		return err
	}
	return errInvalidValue
}

func checkDirect(call *spec.Call) error {
	if call.Args[0].Text == "off" {
		return nil
	}
	return bigSize(call)
}

// poolSize reads the size of one of nginx's pools.
func poolSize(call *spec.Call) (int64, error) {
	n, ok := spec.ParseSize(call.Args[0].Text, false)
	switch {
	case !ok:
		return 0, errInvalidValue
	case n < minPool:
		return 0, call.Errorf(0, "the pool size must be no less than %d", minPool)
	case n%poolAlignment != 0:
		return 0, call.Errorf(0, "the pool size must be a multiple of %d", poolAlignment)
	}
	return n, nil
}

const (
	minPool       = 112 // NGX_MIN_POOL_SIZE on 64-bit systems
	poolAlignment = 16
)
