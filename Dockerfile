# Belfry's own processes: web, worker and beat are the same image with another command.
# PostgreSQL and Redis or Valkey are elsewhere: DATABASE_URL and REDIS_URL say where.
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/production.txt /tmp/production.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/production.txt

WORKDIR /opt/belfry
COPY . .
# The settings want these; collecting files connects to nothing.
RUN SECRET_KEY=unused DATABASE_URL=postgresql://unused/unused REDIS_URL=redis://unused STATIC_ROOT=/opt/belfry/staticfiles \
    /opt/venv/bin/python manage.py collectstatic --no-input \
    && /opt/venv/bin/python -m compileall -q .


FROM python:3.11.14-slim-bookworm

RUN groupadd --system --gid 10001 belfry \
    && useradd --system --uid 10001 --gid belfry --home-dir /var/lib/belfry --create-home belfry
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/belfry /opt/belfry

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BELFRY_DATA_DIR=/var/lib/belfry \
    STATIC_ROOT=/opt/belfry/staticfiles
WORKDIR /opt/belfry
USER belfry
VOLUME /var/lib/belfry
EXPOSE 8000

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "embedded.ping"]
CMD ["gunicorn", "scheduler_project.wsgi:application", "--bind", "0.0.0.0:8000", \
     "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "25", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
