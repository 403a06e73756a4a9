// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Package v2 stands in for the one that golang-github-docker-docker-dev leaves out, so that the graph drivers
// compile. No plugin is looked for in the benchmarks.
package v2

import "github.com/docker/docker/pkg/plugingetter"

type Plugin struct {
	plugingetter.CompatPlugin
	PluginObj struct {
		Config struct{ PropagatedMount string }
	}
}
