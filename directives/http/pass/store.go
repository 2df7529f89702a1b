package pass

import (
	"errors"
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
	store := d.directive("store", "on | off | string", "off", "Stores responses as files.", d.storeSetter())
	store.Args, store.Names = spec.Exactly(1), spec.FileName
	return []spec.Directive[C]{
		store,
		access,
	}
}

// storeSetter is that of …_store, which excludes …_cache in one block.
func (d family[C]) storeSetter() spec.Setter[C] {
	return spec.Scalar(func(c *C) *spec.Value[storing] { return &d.at(c).store }, spec.Text, spec.Exactly(1), nil, parseStore).
		Checked(func(c *C, _ *spec.Call) error {
			if conf := d.at(c); conf.store.V.on && conf.cache.where.V.on {
				return errors.New(`is incompatible with "` + d.Prefix + `cache"`)
			}
			return nil
		})
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
