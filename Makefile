# The two commands of the README.
.PHONY: run test

# Install what is missing, build, and serve on port 8080.
run:
	@deploy/run

# Install what the tests need, and run everything.
test:
	@tests/run
