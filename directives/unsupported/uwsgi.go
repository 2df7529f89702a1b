package unsupported

import "understudy/directives/spec"

// uwsgi.
var uwsgiGroups = []group{}
