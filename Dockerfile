# The course for one learner: docker build -t course . && docker run --rm -it -p 8888:8888 -v "$PWD/mine:/home/learner/mine" course
FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*
COPY . /course
RUN pip install --no-cache-dir '/course[course]' && rm -rf /course
RUN useradd --create-home learner
USER learner
WORKDIR /home/learner
# with the notebooks, which outlive the container
ENV XDG_STATE_HOME=/home/learner/mine/.state
EXPOSE 8888
CMD ["sh", "-c", "proctor start && jupyter lab --ip=0.0.0.0 --no-browser"]
