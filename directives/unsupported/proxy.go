package unsupported

import "understudy/directives/spec"

// HTTP proxying.
var proxyGroups = []group{}
