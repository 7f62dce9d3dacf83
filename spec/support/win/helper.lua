--- What busted runs before the first spec of a run on Windows.

require "spec.support.win.limits".install(require "busted")
