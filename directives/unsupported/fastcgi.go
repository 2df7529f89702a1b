package unsupported

import "understudy/directives/spec"

// FastCGI.
var fastcgiGroups = []group{}
