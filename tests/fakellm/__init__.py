"""A server that speaks OpenAI's protocol on a real socket, well or badly: README.md."""
