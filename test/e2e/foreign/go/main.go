// A Go service without a helper of ours: generated code and grpc-go alone. Prints what came back as one JSON object.
//
// usage: client ADDRESS CA CERT KEY
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"reflect"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	kanmon "github.com/kanmon/kanmon/clients/go/kanmon/v1"
)

type object map[string]any

const prompt = "Tell me about rivers."

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(mutualTLS(os.Args[2], os.Args[3], os.Args[4])))
	check(err)
	defer connection.Close()
	gateway := kanmon.NewGatewayServiceClient(connection)
	check(json.NewEncoder(os.Stdout).Encode(object{
		"complete":    complete(ctx, gateway),
		"stream":      stream(ctx, gateway),
		"embed":       embed(ctx, gateway),
		"models":      models(ctx, gateway),
		"wrongFields": wrongFields(ctx, gateway),
		"noModel":     noModel(ctx, gateway),
	}))
}

func complete(ctx context.Context, gateway kanmon.GatewayServiceClient) object {
	reply, err := gateway.Complete(ctx, &kanmon.CompleteRequest{Generation: generation("chat")})
	check(err)
	text := ""
	for _, part := range reply.GetMessage().GetParts() {
		text += part.GetText().GetText()
	}
	return object{"callId": reply.GetCallId(), "text": text, "outputTokens": reply.GetUsage().GetOutputTokens()}
}

func stream(ctx context.Context, gateway kanmon.GatewayServiceClient) object {
	batches, err := gateway.Stream(ctx, &kanmon.StreamRequest{Generation: generation("chat")})
	check(err)
	text, gapless, next := "", true, int32(0)
	var first, last any
	for {
		batch, err := batches.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
		gapless = gapless && batch.GetSequence() == next
		next += int32(len(batch.GetEvents()))
		for _, event := range batch.GetEvents() {
			if first == nil {
				first = event.GetEvent()
			}
			last = event.GetEvent()
			text += event.GetTextDelta().GetText()
		}
	}
	_, isStarted := first.(*kanmon.StreamEvent_Started)
	_, isFinished := last.(*kanmon.StreamEvent_Finished)
	return object{"text": text, "gapless": gapless, "first": name(isStarted, "started"), "last": name(isFinished, "finished")}
}

func embed(ctx context.Context, gateway kanmon.GatewayServiceClient) object {
	input := &kanmon.EmbedInput{Parts: []*kanmon.EmbedPart{{Content: &kanmon.EmbedPart_Text{Text: "Hello"}}}}
	reply, err := gateway.Embed(ctx, &kanmon.EmbedRequest{Model: "embed", Inputs: []*kanmon.EmbedInput{input, input}})
	check(err)
	found := reply.GetEmbeddings()
	same := len(found) == 2 && reflect.DeepEqual(found[0].GetFloats().GetValues(), found[1].GetFloats().GetValues())
	return object{"dimensions": reply.GetDimensions(), "same": same}
}

func models(ctx context.Context, gateway kanmon.GatewayServiceClient) []string {
	reply, err := gateway.ListModels(ctx, &kanmon.ListModelsRequest{})
	check(err)
	names := []string{}
	for _, model := range reply.GetModels() {
		names = append(names, model.GetName())
	}
	return names
}

func wrongFields(ctx context.Context, gateway kanmon.GatewayServiceClient) object {
	wrong := generation("chat")
	temperature := 9.0
	wrong.Temperature = &temperature
	wrong.Messages[0].Role = kanmon.Role_ROLE_UNSPECIFIED
	var trailer metadata.MD
	_, err := gateway.Complete(ctx, &kanmon.CompleteRequest{Generation: wrong}, grpc.Trailer(&trailer))
	return refused(err, trailer)
}

func noModel(ctx context.Context, gateway kanmon.GatewayServiceClient) object {
	batches, err := gateway.Stream(ctx, &kanmon.StreamRequest{Generation: generation("other")})
	check(err)
	_, err = batches.Recv()
	return refused(err, batches.Trailer())
}

// refused tells how a failed call reads with google's own types of the details.
func refused(err error, trailer metadata.MD) object {
	failure := status.Convert(err)
	said := object{"code": failure.Code().String(), "message": failure.Message(), "violations": []string{}}
	for _, detail := range failure.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			said["reason"], said["domain"] = detail.GetReason(), detail.GetDomain()
		case *errdetails.BadRequest:
			fields := []string{}
			for _, violation := range detail.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
			said["violations"] = fields
		case *errdetails.Help:
			said["help"] = detail.GetLinks()[0].GetUrl()
		}
	}
	if pushback := trailer.Get("grpc-retry-pushback-ms"); len(pushback) > 0 {
		said["pushback"] = pushback[0]
	}
	return said
}

func generation(model string) *kanmon.Generation {
	limit := int32(20)
	return &kanmon.Generation{
		Model:           model,
		MaxOutputTokens: &limit,
		Messages: []*kanmon.ChatMessage{{
			Role:  kanmon.Role_ROLE_USER,
			Parts: []*kanmon.Part{{Content: &kanmon.Part_Text{Text: &kanmon.TextPart{Text: prompt}}}},
		}},
	}
}

func mutualTLS(caPath, certPath, keyPath string) credentials.TransportCredentials {
	pem, err := os.ReadFile(caPath)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	check(err)
	return credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}})
}

func name(holds bool, name string) string {
	if holds {
		return name
	}
	return "another"
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
