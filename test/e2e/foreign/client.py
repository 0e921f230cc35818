"""A Python service without a helper of ours: generated code and grpcio alone. Prints what came back as one JSON object.

usage: client.py GENERATED ADDRESS CA CERT KEY; GENERATED is where protoc wrote the contract's Python.
"""

import json
import struct
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

generated, address, *paths = sys.argv[1:]
sys.path.insert(0, generated)

from kanmon.v1 import complete_pb2, embed_pb2, gateway_service_pb2_grpc, generation_pb2, message_pb2, models_pb2, stream_pb2

TIMEOUT_S = 20
PROMPT = "Tell me about rivers."


def generation(model: str, text: str) -> generation_pb2.Generation:
    part = message_pb2.Part(text=message_pb2.TextPart(text=text))
    message = message_pb2.ChatMessage(role=message_pb2.ROLE_USER, parts=[part])
    return generation_pb2.Generation(model=model, messages=[message], max_output_tokens=20)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def complete(gateway) -> dict:
    reply = gateway.Complete(complete_pb2.CompleteRequest(generation=generation("chat", PROMPT)), timeout=TIMEOUT_S)
    text = "".join(part.text.text for part in reply.message.parts)
    return {"callId": reply.call_id, "text": text, "outputTokens": reply.usage.output_tokens}


def stream(gateway) -> dict:
    text, sequences, kinds = "", [], []
    for batch in gateway.Stream(stream_pb2.StreamRequest(generation=generation("chat", PROMPT)), timeout=TIMEOUT_S):
        for offset, event in enumerate(batch.events):
            kind = event.WhichOneof("event")
            sequences.append(batch.sequence + offset)
            kinds.append(kind)
            if kind == "text_delta":
                text += event.text_delta.text
    return {"text": text, "gapless": sequences == list(range(len(sequences))), "first": kinds[0], "last": kinds[-1]}


def embed(gateway) -> dict:
    part = embed_pb2.EmbedPart(text="Hello")
    request = embed_pb2.EmbedRequest(
        model="embed",
        inputs=[embed_pb2.EmbedInput(parts=[part]), embed_pb2.EmbedInput(parts=[part])],
        encoding=embed_pb2.EMBED_ENCODING_FLOAT32_LE,
    )
    reply = gateway.Embed(request, timeout=TIMEOUT_S)
    vectors = [struct.unpack(f"<{reply.dimensions}f", each.float32_le) for each in reply.embeddings]
    return {"dimensions": reply.dimensions, "same": len(vectors) == 2 and vectors[0] == vectors[1]}


def models(gateway) -> list:
    return [model.name for model in gateway.ListModels(models_pb2.ListModelsRequest(), timeout=TIMEOUT_S).models]


def refused(call) -> dict:
    """How a failed call reads with grpcio-status and google's own types of the details."""
    try:
        call()
    except grpc.RpcError as error:
        found = {"code": error.code().name, "message": error.details()}
        for detail in rpc_status.from_call(error).details:
            for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.Help):
                if detail.Is(kind.DESCRIPTOR):
                    message = kind()
                    detail.Unpack(message)
                    found[kind.DESCRIPTOR.name] = message
        return {
            "code": found["code"],
            "message": found["message"],
            "reason": found["ErrorInfo"].reason,
            "domain": found["ErrorInfo"].domain,
            "violations": [each.field for each in found["BadRequest"].field_violations] if "BadRequest" in found else [],
            "help": found["Help"].links[0].url,
            "pushback": dict(error.trailing_metadata()).get("grpc-retry-pushback-ms"),
        }
    return {"code": "OK"}


def main() -> None:
    ca, cert, key = (read(path) for path in paths)
    credentials = grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)
    with grpc.secure_channel(address, credentials) as channel:
        gateway = gateway_service_pb2_grpc.GatewayServiceStub(channel)
        wrong = generation("chat", PROMPT)
        wrong.temperature = 9
        wrong.messages[0].role = message_pb2.ROLE_UNSPECIFIED
        result = {
            "complete": complete(gateway),
            "stream": stream(gateway),
            "embed": embed(gateway),
            "models": models(gateway),
            "wrongFields": refused(lambda: gateway.Complete(complete_pb2.CompleteRequest(generation=wrong))),
            "noModel": refused(
                lambda: list(gateway.Stream(stream_pb2.StreamRequest(generation=generation("other", PROMPT))))
            ),
        }
    print(json.dumps(result))


main()
