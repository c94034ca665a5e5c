package controlplane

var Sweep = sweep

// Alive says whether any process of the control plane runs.
func (c *ControlPlane) Alive() bool { return c.etcd.running() || c.apiServer.running() }
