package certificates

import "understudy/directives/spec"

// Core is ngx_openssl_cache_module.
var Core = spec.CoreModule[core]{
	Name: "openssl_cache",
	Directives: []spec.Directive[core]{{
		Name: "ssl_object_cache_inheritable", Since: "1.27.4", In: spec.Main, Syntax: "on | off", Default: "on",
		Doc: "Keeps certificates and keys that did not change when the configuration is loaded again.",
		Set: spec.SetFlag(func(c *core) *spec.Value[bool] { return &c.inheritable }),
	}},
}

type core struct{ inheritable spec.Value[bool] }

// inheritable reports whether files are kept for the next configuration.
func inheritable(s *spec.Scope) bool {
	for s.Parent != nil {
		s = s.Parent
	}
	v := spec.Conf[core](s).inheritable
	return v.V || !v.Given()
}
