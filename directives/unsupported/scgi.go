package unsupported

import "understudy/directives/spec"

// SCGI.
var scgiGroups = []group{}
