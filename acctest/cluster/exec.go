package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

// Pod names a pod, and one of its containers: "" is its first.
type Pod struct{ Namespace, Name, Container string }

// ExitError says that a program ran in a pod and ended with another status than 0.
type ExitError struct {
	Status int
	Stderr string
}

// Error gives the status, and what the program said.
func (e *ExitError) Error() string {
	return fmt.Sprintf("exit status %d: %s", e.Status, strings.TrimSpace(e.Stderr))
}

// Exec runs a program in a pod until it ends, and gives its standard output. The error is an *ExitError where it ran and failed.
func (c *Cluster) Exec(ctx context.Context, pod Pod, stdin io.Reader, command ...string) ([]byte, error) {
	request := c.API.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: pod.Container, Command: command, Stdin: stdin != nil, Stdout: true, Stderr: true,
		}, scheme.ParameterCodec)
	executor, err := remotecommand.NewWebSocketExecutor(c.Config, "GET", request.URL().String())
	if err != nil {
		return nil, fmt.Errorf("run %s in pod %s: %w", command[0], pod.Name, err)
	}
	var stdout, stderr bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: stdin, Stdout: &stdout, Stderr: &stderr})
	var ended exec.CodeExitError
	if errors.As(err, &ended) {
		err = &ExitError{Status: ended.Code, Stderr: stderr.String()}
	}
	if err != nil {
		return stdout.Bytes(), fmt.Errorf("run %s in pod %s: %w", strings.Join(command, " "), pod.Name, err)
	}
	return stdout.Bytes(), nil
}

// Logs gives what a pod's container has written so far, of the run before the last restart where previous.
func (c *Cluster) Logs(ctx context.Context, pod Pod, previous bool) ([]byte, error) {
	log, err := c.API.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: pod.Container, Previous: previous}).Do(ctx).Raw()
	if err != nil {
		return nil, fmt.Errorf("read the log of pod %s: %w", pod.Name, err)
	}
	return log, nil
}

// Follow copies what a pod's container writes to w, from the beginning and until it ends or ctx does.
func (c *Cluster) Follow(ctx context.Context, pod Pod, w io.Writer) error {
	log, err := c.API.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: pod.Container, Follow: true}).Stream(ctx)
	if err != nil {
		return fmt.Errorf("follow the log of pod %s: %w", pod.Name, err)
	}
	defer log.Close()
	_, err = io.Copy(w, log)
	return err
}

// Kill deletes a pod without a moment to say farewell, as a node that fails would.
func (c *Cluster) Kill(ctx context.Context, pod Pod) error {
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	if err := c.API.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, now); err != nil {
		return fmt.Errorf("kill pod %s: %w", pod.Name, err)
	}
	return nil
}
