# The .NET runtime of the machine that builds this, on Debian: what stands in for Microsoft's image where no registry can
# be reached. The build context is a folder like /usr/share/dotnet, without the SDK.
ARG BASE
FROM ${BASE}
COPY . /usr/share/dotnet
ENV DOTNET_RUNNING_IN_CONTAINER=true \
    PATH=/usr/share/dotnet:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
