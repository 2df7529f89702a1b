package pass

import (
	"io/fs"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

// A storing is what a …_store directive says.
type storing struct {
	on   bool
	path *httpd.Template // nil: the file that root or alias say
}

// storing are the directives about responses that are kept as files.
func (d family[C]) storing() []spec.Directive[C] {
	access := d.directive("store_access", "users:permissions ...", "user:rw", "Sets the permissions of stored files and their folders.",
		spec.SetAccess(func(c *C) *spec.Value[fs.FileMode] { return &d.at(c).storeAccess }))
	access.Args = spec.Between(1, 3)
	return []spec.Directive[C]{
		scalar(d, "store", "on | off | string", "off", "Stores responses as files.",
			spec.Text, spec.Exactly(1), func(c *Conf) *spec.Value[storing] { return &c.store }, parseStore),
		access,
	}
}

func parseStore(call *spec.Call) (storing, error) {
	switch call.Args[0].Text {
	case "off":
		return storing{}, nil
	case "on":
		return storing{on: true}, nil
	case "":
		return storing{}, call.Errorf(-1, "empty path")
	}
	path, err := call.Template(0)
	return storing{true, path}, err
}
