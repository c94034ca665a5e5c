package oss

import "github.com/agentward/terraform-provider-agent/internal/spec"

// nobody is the user that images without any users of their own run as by custom.
const nobody = int64(65532)

// workloadAPIFolder is where pods have the folder with the Workload API's socket.
const workloadAPIFolder = "/spiffe-workload-api"

// workloadAPIAddress is the Workload API as a program in such a pod finds it.
func workloadAPIAddress(w spec.WorkloadAPI) string {
	return "unix://" + workloadAPIFolder + "/" + w.Socket
}

// workloadAPIVolume is the volume of a pod that holds that folder.
func workloadAPIVolume(name string, w spec.WorkloadAPI) map[string]any {
	volume := map[string]any{"name": name}
	if w.CSIDriver != "" {
		volume["csi"] = map[string]any{"driver": w.CSIDriver, "readOnly": true}
	} else {
		volume["hostPath"] = map[string]any{"path": w.HostPath, "type": "Directory"}
	}
	return volume
}
