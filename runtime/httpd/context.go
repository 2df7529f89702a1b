package httpd

// A moduleContext is what a module keeps with a request.
type moduleContext struct{ of, value any }

// Context returns what the module that of stands for has kept with r, or nil.
func (r *Request) Context(of any) any {
	for i := range r.contexts {
		if r.contexts[i].of == of {
			return r.contexts[i].value
		}
	}
	return nil
}

// SetContext keeps a value with r for a module, until r ends or is redirected
// internally. Other modules do not find it if of is of a type of the module.
func (r *Request) SetContext(of, value any) {
	for i := range r.contexts {
		if r.contexts[i].of == of {
			r.contexts[i].value = value
			return
		}
	}
	r.contexts = append(r.contexts, moduleContext{of, value})
}
